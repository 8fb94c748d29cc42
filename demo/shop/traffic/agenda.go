package traffic

import (
	"container/heap"
	"context"
	"time"
)

// action is something that happens at its time.
type action struct {
	at     time.Time
	do     func(ctx context.Context, at time.Time) error
	number int // simultaneous actions happen in the order of their planning
}

// agenda is what is planned, by time. The zero value is empty.
type agenda struct {
	queue   queue
	planned int
}

func (a *agenda) add(at time.Time, do func(ctx context.Context, at time.Time) error) {
	a.planned++
	heap.Push(&a.queue, action{at: at, do: do, number: a.planned})
}

// before returns the first action if it is due before the given time, and leaves it on the agenda.
func (a *agenda) before(t time.Time) (action, bool) {
	if len(a.queue) == 0 || !a.queue[0].at.Before(t) {
		return action{}, false
	}
	return a.queue[0], true
}

// pop takes the first action off the agenda, which must not be empty.
func (a *agenda) pop() action { return heap.Pop(&a.queue).(action) }

// putBack undoes pop.
func (a *agenda) putBack(undone action) { heap.Push(&a.queue, undone) }

// postpone moves everything by the same span, which keeps its order.
func (a *agenda) postpone(by time.Duration) {
	for i := range a.queue {
		a.queue[i].at = a.queue[i].at.Add(by)
	}
}

// queue implements heap.Interface.
type queue []action

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].number < q[j].number
	}
	return q[i].at.Before(q[j].at)
}

func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

func (q *queue) Push(x any) { *q = append(*q, x.(action)) }

func (q *queue) Pop() any {
	last := len(*q) - 1
	popped := (*q)[last]
	(*q)[last] = action{}
	*q = (*q)[:last]
	return popped
}
