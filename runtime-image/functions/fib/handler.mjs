/**
 * The n-th Fibonacci number by naive recursion: pure CPU time, which grows by 1.62 with each n.
 * @param {{n: number}} event
 */
export default function handler({ n }) {
  if (!Number.isInteger(n) || n < 0) throw new TypeError(`n is ${n}, must be a whole number from 0`);
  return { n, value: fib(n) };
}

function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
