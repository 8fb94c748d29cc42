package discover

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// Proposal is a catalog in parts, each of which can be accepted or not.
type Proposal struct {
	Timezone   Item        `json:"timezone"`
	Tables     []TableItem `json:"tables"`
	Dimensions []Item      `json:"dimensions"`
	Metrics    []Item      `json:"metrics"`
	// Notes say what was seen and could not be proposed, and what the
	// proposal takes for granted.
	Notes []Note `json:"notes"`
	// Catalog is made of the selected items and passes catalog.Parse. It is
	// null where nothing is selected.
	Catalog json.RawMessage `json:"catalog"`
}

// Item is one part of a catalog.
type Item struct {
	// Path leads to where the value belongs in a catalog, such as
	// metrics.orders_created or tables.orders.dimensions.channel.
	Path  string `json:"path"`
	Value any    `json:"value"`
	// Reasons say why it is proposed, a sentence each.
	Reasons []Sentence `json:"reasons"`
	// Label and Help are how a metric's value is labelled and explained, which is
	// in English there; the sentences of the help follow each other. Where there
	// is no label here, that of the value is made of names of the store alone.
	Label *Sentence  `json:"label,omitempty"`
	Help  []Sentence `json:"help,omitempty"`
	// Confidence is between 0 and 1.
	Confidence float64 `json:"confidence"`
	Selected   bool    `json:"selected"`
	// Requires lists the paths of the items without which this one means nothing.
	Requires []string `json:"requires,omitempty"`
}

// TableItem is a table without its dimensions, and what it was taken for.
type TableItem struct {
	Item
	// Role is orders, lines, carts, payments, invoices, shipments, refunds,
	// customers, processes or other.
	Role    string `json:"role"`
	Kind    string `json:"kind"`
	Rows    *int64 `json:"rows"` // estimated; null where unknown
	Comment string `json:"comment,omitempty"`
}

// Note is a remark about something of the store or of the proposal.
type Note struct {
	// About names a relation, or leads to an item; empty for the whole.
	About string `json:"about,omitempty"`
	Sentence
}

// ErrNothing says that no item of a proposal is selected.
var ErrNothing = errors.New("nothing is selected")

// items lists every item that can be accepted or not.
func (p *Proposal) items() []*Item {
	var list []*Item
	for i := range p.Tables {
		list = append(list, &p.Tables[i].Item)
	}
	for i := range p.Dimensions {
		list = append(list, &p.Dimensions[i])
	}
	for i := range p.Metrics {
		list = append(list, &p.Metrics[i])
	}
	return list
}

// Reject deselects the item at a path, and those that require it, and adds why
// to their reasons. It reports whether there was anything to deselect; the
// catalog is to be assembled again then.
func (p *Proposal) Reject(path string, why message.Message) bool {
	found := false
	for _, item := range p.items() {
		switch {
		case !item.Selected:
		case item.Path == path:
			item.Reasons = append(item.Reasons, say(NotAccepted, Values{"problem": why}))
		case slices.Contains(item.Requires, path):
			if !p.Reject(item.Path, why) {
				continue
			}
		default:
			continue
		}
		if item.Selected {
			item.Selected, item.Confidence, found = false, min(item.Confidence, 0.1), true
		}
	}
	return found
}

// Assemble makes the catalog of the selected items. What the catalog's own
// rules do not accept is rejected, with their reason.
func (p *Proposal) Assemble() error {
	for {
		p.Catalog = nil
		draft, err := p.draft()
		if err != nil {
			return err
		}
		_, err = catalog.Parse(draft)
		if err == nil {
			p.Catalog = draft
			return nil
		}
		var problems catalog.Errors
		if !errors.As(err, &problems) {
			return fmt.Errorf("discover: check the proposed catalog: %w", err)
		}
		if !p.rejectAll(problems) {
			return fmt.Errorf("discover: the proposed catalog is not valid: %w", err)
		}
	}
}

// rejectAll rejects the items in which problems lie, the longest path first.
func (p *Proposal) rejectAll(problems catalog.Errors) bool {
	any := false
	for _, problem := range problems {
		var of *Item
		for _, item := range p.items() {
			within := problem.Path == item.Path || strings.HasPrefix(problem.Path, item.Path+".")
			if within && (of == nil || len(item.Path) > len(of.Path)) {
				of = item
			}
		}
		if of != nil && p.Reject(of.Path, problem.Text()) {
			any = true
		}
	}
	return any
}

// draft writes the catalog of the selected items; [ErrNothing] where there are
// none. A table that no selected metric reads is left out.
func (p *Proposal) draft() (json.RawMessage, error) {
	c := catalog.Catalog{Version: catalog.Version, Tables: map[string]*catalog.Table{}, Metrics: map[string]*catalog.Metric{}}
	c.Timezone, _ = p.Timezone.Value.(string)
	used := map[string]bool{}
	for i := range p.Metrics {
		if m, ok := p.Metrics[i].Value.(*catalog.Metric); ok && p.Metrics[i].Selected {
			c.Metrics[m.Name] = m
			used[m.Table] = true
		}
	}
	for i := range p.Tables {
		if t, ok := p.Tables[i].Value.(*catalog.Table); ok && p.Tables[i].Selected && used[t.Name] {
			whole := *t
			whole.Dimensions = map[string]*catalog.Dimension{}
			c.Tables[t.Name] = &whole
		}
	}
	for i := range p.Dimensions {
		d, ok := p.Dimensions[i].Value.(*catalog.Dimension)
		table, _, _ := strings.Cut(strings.TrimPrefix(p.Dimensions[i].Path, "tables."), ".")
		if t := c.Tables[table]; ok && p.Dimensions[i].Selected && t != nil {
			t.Dimensions[d.Name] = d
		}
	}
	if len(c.Metrics) == 0 || len(c.Tables) == 0 {
		return nil, ErrNothing
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("discover: encode the proposed catalog: %w", err)
	}
	return raw, nil
}
