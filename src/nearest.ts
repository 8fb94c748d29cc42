/**
 * The name that whoever wrote the text most likely meant, as the server finds it
 * (Nearest of pkg/catalog): the one at the smallest edit distance without regard
 * to case, if at most a third of the longer one's letters differ; else the one
 * closest in length whose words are some of the text's in a row, or the other way
 * round. Of several alike the first in alphabetical order.
 */
export function nearest(text: string, names: string[]): string | undefined {
  return resembling(text, names) ?? sharingWords(text, names);
}

function sharingWords(text: string, names: string[]): string | undefined {
  const difference = (name: string) => Math.abs(text.length - name.length);
  return names
    .filter((name) => {
      if (Math.max(text.length, name.length) > maxCompared) {
        return false;
      }
      const [part, whole] = [words(text), words(name)].sort((a, b) => a.length - b.length) as [string, string];
      return part.length >= '_abc_'.length && whole.includes(part);
    })
    .sort((a, b) => difference(a) - difference(b) || (a < b ? -1 : 1))[0];
}

/** The name in small letters with _ before, between and after its words. */
function words(name: string): string {
  return `_${(name.toLowerCase().match(/[\p{L}\p{Nd}]+/gu) ?? []).join('_')}_`;
}

function resembling(text: string, names: string[]): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    const longer = Math.max(text.length, name.length);
    const shorter = Math.min(text.length, name.length);
    // Longer names are no slips of the keyboard, and take long to compare.
    if (longer > maxCompared || longer - shorter > longer / 3) {
      continue;
    }
    const distance = edits(text.toLowerCase(), name.toLowerCase());
    if (distance > longer / 3 || longer === 0) {
      continue;
    }
    if (!best || distance < best.distance || (distance === best.distance && name < best.name)) {
      best = { name, distance };
    }
  }
  return best?.name;
}

const maxCompared = 200;

/** How many letters must be added, removed, replaced or swapped with a neighbour to make one text of the other. */
function edits(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(previous, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped =
        a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1] ? at(before, column - 2) + 1 : Infinity;
      current.push(Math.min(replaced, at(previous, column) + 1, at(current, column - 1) + 1, swapped));
    }
    [before, previous] = [previous, current];
  }
  return at(previous, b.length);
}

function at(row: number[], column: number): number {
  return row[column] ?? Infinity;
}
