/** Answers with its event: JSON, text or bytes. */
export default function echo(event) {
  return event;
}
