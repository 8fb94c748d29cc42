package traffic

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pullview/orders-datasource/demo/shop/orders"
)

const (
	// pace is how often the simulator looks for something to do. What it does carries its own time.
	pace = 200 * time.Millisecond
	// actionDeadline bounds one write, which is not given up when the simulator is told to end.
	actionDeadline = 5 * time.Second
)

// Simulator plays the shop's customers and its office on a store, from a given moment on. It may be used
// by many goroutines.
type Simulator struct {
	store *orders.Store
	crowd *crowd
	seed  uint64
	log   *slog.Logger
	now   func() time.Time

	// advancing is held while the simulation goes on, incoming only for a moment.
	advancing sync.Mutex
	agenda    agenda
	begun     []visit   // visits of the current minute that have not begun yet
	minute    time.Time // the next minute to draw visits for
	reached   time.Time // everything before this has been played

	incoming  sync.Mutex
	followed  []orders.Order
	stoppedAt time.Time // zero while traffic runs
	pauses    []pause
}

// pause is a span without traffic.
type pause struct{ from, to time.Time }

// Play says how a simulator plays.
type Play struct {
	Seed         uint64
	OrdersPerDay float64
	From         time.Time        // usually the end of the history
	Now          func() time.Time // usually time.Now
	Log          *slog.Logger
}

// NewSimulator takes over the store as it is: carts that are open and orders that wait for their invoice
// are carried on.
func NewSimulator(ctx context.Context, pool *pgxpool.Pool, play Play) (*Simulator, error) {
	if play.OrdersPerDay <= 0 {
		return nil, fmt.Errorf("traffic needs orders per day above 0, not %g", play.OrdersPerDay)
	}
	zone, err := time.LoadLocation(ZoneName)
	if err != nil {
		return nil, fmt.Errorf("the shop's time zone: %w", err)
	}
	customers, err := loadCustomers(ctx, pool)
	if err != nil {
		return nil, err
	}
	from := play.From.Truncate(time.Microsecond)
	s := &Simulator{
		store:   orders.NewStore(pool),
		crowd:   newCrowd(play.Seed, NewRhythm(zone, play.Seed, from, play.OrdersPerDay), customers),
		seed:    play.Seed,
		log:     play.Log,
		now:     play.Now,
		minute:  from.Truncate(time.Minute),
		reached: from,
	}
	if err := s.takeOver(ctx, pool); err != nil {
		return nil, err
	}
	return s, nil
}

// Run plays until ctx ends, and returns when the last thing begun is done. Where the store fails it says
// so once and tries again.
func (s *Simulator) Run(ctx context.Context) {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := s.Advance(ctx, s.now())
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			s.log.Error("the traffic waits for the store", "error", err)
		case err == nil && failing:
			s.log.Info("the traffic goes on")
		}
		failing = err != nil
	}
}

// Follow makes the office deal with an order that somebody else stored.
func (s *Simulator) Follow(order orders.Order) {
	s.incoming.Lock()
	defer s.incoming.Unlock()
	s.followed = append(s.followed, order)
}

// Stop makes time stand still for customers and office: nothing happens until Start. Stopping twice is
// the same as once.
func (s *Simulator) Stop() {
	s.incoming.Lock()
	defer s.incoming.Unlock()
	if s.stoppedAt.IsZero() {
		s.stoppedAt = s.now()
	}
}

// Start lets traffic go on after Stop. What was due in between happens that much later; who would have
// come in between does not come.
func (s *Simulator) Start() {
	s.incoming.Lock()
	defer s.incoming.Unlock()
	if !s.stoppedAt.IsZero() {
		s.pauses = append(s.pauses, pause{from: s.stoppedAt, to: s.now()})
		s.stoppedAt = time.Time{}
	}
}

// Running reports whether traffic is neither stopped nor about to be.
func (s *Simulator) Running() bool {
	s.incoming.Lock()
	defer s.incoming.Unlock()
	return s.stoppedAt.IsZero()
}

// Advance plays everything that happens before the given time and has not been played, each thing with
// its own time. After an error the next call begins with the thing that failed.
func (s *Simulator) Advance(ctx context.Context, to time.Time) error {
	s.advancing.Lock()
	defer s.advancing.Unlock()

	s.incoming.Lock()
	followed, pauses, stoppedAt := s.followed, s.pauses, s.stoppedAt
	s.followed, s.pauses = nil, nil
	s.incoming.Unlock()

	for _, order := range followed {
		s.planOrder(order, 0)
	}
	for i, p := range pauses {
		if err := s.playUntil(ctx, p.from); err != nil {
			s.incoming.Lock()
			s.pauses = append(pauses[i:len(pauses):len(pauses)], s.pauses...)
			s.incoming.Unlock()
			return err
		}
		s.skip(p)
	}
	if !stoppedAt.IsZero() && stoppedAt.Before(to) {
		to = stoppedAt
	}
	return s.playUntil(ctx, to)
}

// skip moves everything planned behind a pause and forgets the visits that fall into it.
func (s *Simulator) skip(p pause) {
	s.agenda.postpone(p.to.Sub(p.from))
	s.begun, s.minute, s.reached = nil, p.to.Truncate(time.Minute), p.to
}

func (s *Simulator) playUntil(ctx context.Context, to time.Time) error {
	for ctx.Err() == nil {
		for len(s.begun) == 0 && s.minute.Before(to) {
			for _, v := range s.crowd.visits(s.minute) {
				if !v.at.Before(s.reached) {
					s.begun = append(s.begun, v)
				}
			}
			s.minute = s.minute.Add(time.Minute)
		}
		next := action{at: to}
		if len(s.begun) > 0 && s.begun[0].at.Before(next.at) {
			next = s.begins(s.begun[0])
		}
		first, planned := s.agenda.before(next.at)
		if planned {
			next = first
		}
		if next.do == nil {
			if s.reached.Before(to) {
				s.reached = to
			}
			return nil
		}
		if planned {
			s.agenda.pop()
		}
		if err := s.perform(ctx, next); err != nil {
			if planned {
				s.agenda.putBack(next)
			}
			return err
		}
		if !planned {
			s.begun = s.begun[1:]
		}
	}
	return ctx.Err()
}

// perform does one thing. An error of the data, which would come again and again, is logged and over.
func (s *Simulator) perform(ctx context.Context, a action) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), actionDeadline)
	defer cancel()
	err := a.do(ctx, a.at)
	pgErr := new(pgconn.PgError)
	hopeless := errors.As(err, new(*orders.Invalid)) ||
		errors.As(err, &pgErr) && (pgErr.Code[:2] == "22" || pgErr.Code[:2] == "23")
	if hopeless {
		s.log.Warn("the traffic gives one thing up", "error", err)
		return nil
	}
	return err
}

// begins is the first thing of a visit; it plans what follows.
func (s *Simulator) begins(v visit) action {
	return action{at: v.at, do: func(ctx context.Context, at time.Time) error {
		if v.cart == nil {
			order, err := s.store.Save(ctx, v.draft(), at)
			if err == nil {
				s.plan(order, v.order)
			}
			return err
		}
		customer := int64(0)
		if v.signedIn {
			customer = v.customer
		}
		id, err := s.store.OpenCart(ctx, customer, v.channel, v.region, at)
		if err == nil {
			s.planCart(id, at.Add(v.cart.after), v)
		}
		return err
	}}
}

// planCart plans the end of a cart, and of the order that it may become.
func (s *Simulator) planCart(id int64, at time.Time, v visit) {
	s.agenda.add(at, func(ctx context.Context, at time.Time) error {
		if !v.cart.checkOut {
			_, err := s.store.AbandonCart(ctx, id, at)
			return err
		}
		order, closed, err := s.store.CheckOut(ctx, id, v.draft(), at)
		if err == nil && closed {
			s.plan(order, v.order)
		}
		return err
	})
}

// plan plans an order's invoice and cancellation.
func (s *Simulator) plan(order orders.Order, fate orderFate) {
	if fate.invoice > 0 {
		s.agenda.add(order.CreatedAt.Add(fate.invoice), func(ctx context.Context, at time.Time) error {
			_, err := s.store.Invoice(ctx, order.ID, at)
			return err
		})
	}
	if fate.cancel > 0 {
		s.agenda.add(order.CreatedAt.Add(fate.cancel), func(ctx context.Context, at time.Time) error {
			_, err := s.store.Cancel(ctx, order.ID, at)
			return err
		})
	}
}

// planOrder draws the fate of an order that has waited for age.
func (s *Simulator) planOrder(order orders.Order, age time.Duration) {
	h, known := channelHabits[order.Channel]
	if !known {
		return
	}
	random := source(s.seed, "order", "", order.ID)
	s.plan(order, h.drawOrder(random, order.Channel, s.crowd.rhythm.Busyness(order.CreatedAt), age))
}
