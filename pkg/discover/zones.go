package discover

import (
	"math"
	"strings"
	"time"
)

const (
	// slack is by how many seconds clocks may differ.
	slack = 300.0
	// recent is how many seconds ago the newest row of a store that is in use is.
	recent = 3600.0
)

// zone settles the business time zone: the one that is asked for, or else the
// likeliest of those that something speaks for, unless the newest value of a
// column without zone is the present time in another one of them alone.
func (p *proposer) zone(options Options) {
	type candidate struct {
		name       string
		confidence float64
		code       Code
	}
	if options.Timezone != "" {
		p.proposal.Timezone = Item{Path: "timezone", Value: options.Timezone, Reasons: texts(ZoneAsked), Confidence: 1, Selected: true}
		return
	}
	server := candidate{p.schema.Zone, 0.7, ZoneServer}
	if p.schema.ZoneSet {
		server = candidate{p.schema.Zone, 0.9, ZoneDatabase}
	}
	var known []candidate
	for _, c := range []candidate{server, {options.LocalTimezone, 0.6, ZoneLocal}} {
		if isBusinessZone(c.name) {
			known = append(known, c)
		}
	}
	chosen := candidate{"UTC", 0.3, ZoneNone}
	if len(known) > 0 {
		chosen = known[0]
	}
	item := Item{Path: "timezone", Value: chosen.name, Reasons: texts(chosen.code), Confidence: chosen.confidence, Selected: true}
	if len(known) > 1 && p.present(known[0].name) == nil {
		if e := p.present(known[1].name); e != nil {
			item.Value, item.Confidence = known[1].name, 0.9
			item.Reasons = []Sentence{say(ZoneFits, Values{"table": e.relation.Name})}
		}
	}
	p.proposal.Timezone = item
}

// present returns an entity whose newest local time is the present time in a
// zone, and not in UTC; nil where there is none.
func (p *proposer) present(zone string) *entity {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil
	}
	_, offset := time.Now().In(location).Zone()
	for _, e := range p.entities {
		if _, ahead := e.newest(); ahead != nil && isPresent(*ahead-float64(offset)) && !isPresent(*ahead) {
			return e
		}
	}
	return nil
}

// isPresent reports whether a time that lies so many seconds ahead may be that
// of a row that has just been written.
func isPresent(ahead float64) bool { return ahead <= slack && ahead > -recent }

// isBusinessZone reports whether a zone says where it is.
func isBusinessZone(name string) bool {
	if name == "" || name == "Local" || !strings.Contains(name, "/") || strings.HasPrefix(name, "Etc/") || strings.HasPrefix(name, "posix") {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

// newest tells whether an entity has event times without zone, and how many
// seconds the newest of them, read as UTC, is ahead; nil where that is not
// known.
func (e *entity) newest() (naive bool, ahead *float64) {
	for _, t := range e.times {
		if t.column.Class == Timestamp && t.column.NewestAhead != nil && (ahead == nil || *t.column.NewestAhead > *ahead) {
			ahead = t.column.NewestAhead
		}
		naive = naive || t.column.Class == Timestamp || t.column.Class == Date
	}
	return naive, ahead
}

// zoneOf finds out whether a table's columns without time zone hold UTC: where
// the newest row would lie in the future in the business zone, and does not in
// UTC. It returns the zone to declare, or none, and why; no reason where there
// are no such columns.
func (p *proposer) zoneOf(e *entity) (zone string, reasons []Sentence) {
	business, _ := p.proposal.Timezone.Value.(string)
	naive, ahead := e.newest()
	if !naive {
		return "", nil
	}
	because := func(code Code) []Sentence { return []Sentence{say(code, Values{"zone": business})} }
	location, err := time.LoadLocation(business)
	if err != nil || ahead == nil {
		return "", because(TimesLocal)
	}
	_, offset := time.Now().In(location).Zone()
	switch inZone := *ahead - float64(offset); {
	case offset < 0 && inZone > slack && *ahead <= slack && *ahead > float64(offset):
		return "UTC", because(TimesAhead)
	case offset > 0 && inZone < -float64(offset)+slack && *ahead <= slack && *ahead > -slack:
		return "UTC", because(TimesLate)
	case isPresent(inZone):
		return "", because(TimesFit)
	case inZone > slack:
		return "", because(TimesFuture)
	default:
		hours := math.Round(-inZone/360) / 10
		return "", []Sentence{say(TimesOld, Values{"zone": business, "hours": hours})}
	}
}
