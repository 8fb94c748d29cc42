package postgres

import (
	"context"
	"errors"
	"regexp"
	"sync"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// keepables remembers what was found out about statements, by the fingerprint
// of their table and their text.
type keepables struct {
	mu    sync.Mutex
	known map[string]message.Message // the reason not to keep, empty for none
}

// maxKeepables bounds the memory of keepables; beyond it everything is
// forgotten.
const maxKeepables = 1000

// Keepable tells whether the result of a scan depends on nothing but the rows
// of its table, each by itself, as the server's own plan for it shows: no other
// relation, no join, no subquery, no function that may answer differently next
// time. The reason says why not; it is empty where the result may be kept.
func (l *DeltaLook) Keepable(ctx context.Context, scan *query.Scan) (reason message.Message, err error) {
	var p *plan
	err = l.withSchema(ctx, scan.Table, func() (err error) {
		p, err = l.compile(ctx, scan)
		return err
	})
	if err != nil {
		return message.Message{}, classify(l.about(scan.Table, err))
	}
	reason, err = l.store.schema.keepables.find(l.fingerprintOf(scan.Table)+"\n"+p.text.String(), func() (message.Message, error) {
		if reason, err := l.reasonNotToKeep(ctx, scan.Table, &p.statement); err != nil || !reason.IsZero() {
			return reason, err
		}
		return message.Message{}, l.checkSeeks(ctx, scan)
	})
	var slow *searches
	switch {
	case errors.As(err, &slow):
		return slow.Text(), nil
	case err != nil:
		return message.Message{}, classify(l.about(scan.Table, err))
	}
	return reason, nil
}

// find returns what is known by a key, or finds it out. An error is not
// remembered.
func (k *keepables) find(key string, findOut func() (reason message.Message, err error)) (reason message.Message, err error) {
	k.mu.Lock()
	reason, ok := k.known[key]
	k.mu.Unlock()
	if ok {
		return reason, nil
	}
	if reason, err = findOut(); err != nil {
		return message.Message{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil || len(k.known) >= maxKeepables {
		k.known = map[string]message.Message{}
	}
	k.known[key] = reason
	return reason, nil
}

// clockLiterals are texts that the server reads as the current time when it
// parses a statement, so that no plan shows them.
var clockLiterals = regexp.MustCompile(`(?i)['$]\s*([\d:.]+\s*([ap]m)?\s+)?(now|today|tomorrow|yesterday)\b`)

// escapes write letters by their numbers, in names and literals.
var escapes = regexp.MustCompile(`(?i)\bU&['"]`)

// reasonNotToKeep asks three things of a statement, each of which sees what the
// others cannot: its text, for what the server replaces when it parses it; its
// plan, for what is beneath views and functions; and the catalogs, for what the
// names and signs in both stand for.
func (l *Look) reasonNotToKeep(ctx context.Context, t *catalog.Table, s *statement) (message.Message, error) {
	text := s.text.String()
	switch {
	case escapes.MatchString(text):
		return message.New("an expression has Unicode escapes"), nil
	case clockLiterals.MatchString(text):
		return message.New("an expression reads the clock"), nil
	}
	plan, err := l.wholePlan(ctx, s)
	if err != nil {
		return message.Message{}, err
	}
	facts, statement := newPlanFacts(), bareSQL(text)
	plan.collect(facts)
	facts.written(statement)
	switch {
	case !facts.reason.IsZero():
		return facts.reason, nil
	case len(facts.relations) == 0:
		return message.New("the plan reads nothing"), nil // and does not show what it would do with rows
	}
	var reason message.Message
	err = l.fixed(ctx, keepableSQL(t), facts.binds(statement), func(row [][]byte) error {
		if reason.IsZero() {
			reason = unkeepable(string(row[0]), string(row[1]), string(row[2]))
		}
		return nil
	})
	return reason, err
}
