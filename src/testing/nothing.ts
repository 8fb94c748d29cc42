/** Stands for a module whose effect no test looks at: a style sheet, an icon. */
export default function Nothing() {
  return null;
}
