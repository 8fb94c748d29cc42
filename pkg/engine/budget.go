package engine

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// linger is how long what was asked for stays, whatever else is wanted.
	// Where more is looked at than there is room for, what came first is kept
	// and the rest answered live: if each pushed out the next, all would be read
	// anew at every refresh.
	linger = 30 * time.Second
	// refusalLife is how long a range is answered live that there was no room for.
	refusalLife = 2 * time.Minute
	// What is dropped at once beyond what has to be: a share of the budget.
	dropShare = 16
)

// What a strip takes about that knows nothing, and what a note does that there
// is no room for something, each beside its key.
const (
	stripBytes   = 900
	refusalBytes = 100
)

// refusal notes that there is no room for so many buckets.
type refusal struct {
	buckets int64
	until   time.Time
}

// guard decides, at the beginning of a look, what was asked for so lately that
// it stays: by looks since the one with the number guarded.
func (k *keeper) guard(now time.Time) {
	switch passed := now.Sub(k.turned); {
	case k.linger == 0 || passed >= 2*k.linger:
		k.guarded = k.looks
	case passed < k.linger:
		return
	default:
		k.guarded = k.turn
	}
	k.turn, k.turned = k.looks, now
	for t := range k.kept() {
		for key, r := range t.refused {
			if now.After(r.until) {
				delete(t.refused, key)
			}
		}
	}
}

// refusalKey names what a scan reads of strips, but for the range.
func refusalKey(strips []*strip) string {
	keys := make([]string, len(strips))
	for i, s := range strips {
		keys[i] = s.key
	}
	return strings.Join(keys, "\n")
}

// refuse notes that there is no room for a range of strips, and lets go of what
// was read for it in vain.
func (t *keptTable) refuse(strips []*strip, r bucketRange, now time.Time) {
	t.refused[refusalKey(strips)] = refusal{buckets: r.to - r.from, until: now.Add(refusalLife)}
	for _, s := range strips {
		for number, c := range s.chunks {
			if !c.served {
				s.replace(number, nil)
			}
		}
		if s.compact(); len(s.chunks) == 0 {
			delete(t.strips, s.key)
		}
	}
}

// refuses reports whether there was no room, a while ago, for such a range. It
// may be a little shorter, as one that moves begins and ends within buckets.
func (t *keptTable) refuses(strips []*strip, r bucketRange, now time.Time) bool {
	if len(t.refused) == 0 {
		return false
	}
	refused, ok := t.refused[refusalKey(strips)]
	return ok && now.Before(refused.until) && (r.to-r.from)*dropShare >= refused.buckets*(dropShare-1)
}

// dropBarren drops the strips that know nothing, and of those that only others
// are made of what was of no use for long.
func (t *keptTable) dropBarren(oldest int64) {
	for _, s := range t.strips {
		for number, c := range s.chunks {
			if !s.asked && c.used < oldest {
				s.replace(number, nil)
			}
		}
	}
	maps.DeleteFunc(t.strips, func(_ string, s *strip) bool { return len(s.chunks) == 0 })
}

// rest is what a strip takes beside its chunks.
func (s *strip) rest() int64 { return stripBytes + int64(len(s.key)) + s.groups.bytes }

// held returns how much memory takes what is kept.
func (k *keeper) held() (bytes int64) {
	for t := range k.kept() {
		for _, s := range t.strips {
			bytes += s.bytes + s.rest()
		}
		for _, d := range t.details {
			bytes += d.bytes
		}
		for key := range t.refused {
			bytes += refusalBytes + int64(len(key))
		}
	}
	return bytes
}

// inUse returns how much of that this look asked for.
func (k *keeper) inUse() (bytes int64) {
	for t := range k.kept() {
		for _, s := range t.strips {
			if s.used == k.looks {
				bytes += s.inUse + s.rest()
			}
		}
		for _, d := range t.details {
			if d.used == k.looks {
				bytes += d.bytes
			}
		}
	}
	return bytes
}

// dispensable is what can be dropped by itself: a chunk of a strip, or a detail.
type dispensable struct {
	used  int64 // the number of the look that last asked for it
	table *keptTable
	strip *strip // nil for a detail
	chunk int64
	key   string // of the detail
}

// shrink drops, where more is kept than the budget allows, what was not asked
// for during the longest time. What was asked for of late stays, and all that
// this look asked for; fits is false where that alone is too much.
func (k *keeper) shrink() (fits bool) { return k.leave(0) }

// leave is shrink for less than the budget.
func (k *keeper) leave(room int64) (fits bool) {
	total := k.held()
	if most := k.budget - room; total > most {
		total = k.drop(total, most-k.budget/dropShare)
	}
	k.stats.bytes.Store(total)
	return total <= k.budget-room
}

// growth is the room that is left to what answers were made of before, as
// ranges that move and numbers of digits do grow.
func (k *keeper) growth() int64 { return k.budget / dropShare }

// settled reports whether answers were made before of a range of strips, but for
// a part that is small or at one end.
func settled(strips []*strip, r bucketRange) bool {
	served, lacking := 0, 0
	for number := r.from >> 6; number <= (r.to-1)>>6; number++ {
		for _, s := range strips {
			if c := s.chunks[number]; c != nil && c.served {
				served++
			} else {
				lacking++
			}
		}
	}
	return lacking <= len(strips) || lacking < served/8
}

// drop drops what it may until no more than a goal is left, and returns how much
// there is.
func (k *keeper) drop(total, goal int64) int64 {
	touched := map[*strip]*keptTable{}
	for _, d := range k.dispensables() {
		if total <= goal {
			break
		}
		switch {
		case d.strip == nil:
			total -= d.table.details[d.key].bytes
			delete(d.table.details, d.key)
		default:
			bytes := d.strip.chunks[d.chunk].bytes
			d.strip.replace(d.chunk, nil)
			d.strip.shed += bytes
			total -= bytes
			touched[d.strip] = d.table
		}
	}
	for s, t := range touched {
		before := s.rest()
		if len(s.chunks) == 0 && s.used < k.looks {
			delete(t.strips, s.key)
			total -= before
			continue
		}
		if s.shed > s.bytes {
			s.compact()
		}
		total += s.rest() - before
	}
	return total
}

// dispensables lists what may be dropped, what was not asked for during the
// longest time first. Of what was asked for together that is what lies furthest
// back in each strip.
func (k *keeper) dispensables() []dispensable {
	var list []dispensable
	for t := range k.kept() {
		for _, s := range t.strips {
			for number, c := range s.chunks {
				if c.used < k.guarded {
					list = append(list, dispensable{used: c.used, table: t, strip: s, chunk: number})
				}
			}
		}
		for key, d := range t.details {
			if d.used < k.guarded {
				list = append(list, dispensable{used: d.used, table: t, key: key})
			}
		}
	}
	slices.SortFunc(list, func(a, b dispensable) int {
		return cmp.Or(cmp.Compare(a.used, b.used), cmp.Compare(a.chunk, b.chunk))
	})
	return list
}
