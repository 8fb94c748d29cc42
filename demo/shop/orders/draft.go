package orders

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Channels are the places where an order can be bought.
var Channels = []string{"web", "app", "store"}

// Regions are the 27 federative units of Brazil, by code.
var Regions = []string{
	"AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "MS", "MT", "PA",
	"PB", "PE", "PI", "PR", "RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO",
}

// maxItems is the largest number of pieces that one order may have.
const maxItems = 10_000

// Draft is an order that somebody wants stored: valid in itself, but without an id or a time yet.
type Draft struct {
	CustomerID int64
	Channel    string
	Region     string
	Items      int
	Total      Money
}

// Problem says what is wrong with one field of a request.
type Problem struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

// Invalid is the error for a draft that cannot be stored. It lists every field that is wrong, not only
// the first one.
type Invalid struct{ Problems []Problem }

func (e *Invalid) Error() string {
	reasons := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		reasons[i] = p.Field + " " + p.Reason
	}
	return "the order is invalid: " + strings.Join(reasons, "; ")
}

// field is one member of a draft's JSON object: how to read it and whether it may be left out.
type field struct {
	name     string
	optional bool
	read     func(raw json.RawMessage, draft *Draft) error
}

var fields = []field{
	{name: "customer_id", read: func(raw json.RawMessage, d *Draft) (err error) {
		d.CustomerID, err = positive(raw, 1<<63-1)
		return err
	}},
	{name: "channel", read: func(raw json.RawMessage, d *Draft) (err error) {
		d.Channel, err = oneOf(raw, Channels)
		return err
	}},
	{name: "region", read: func(raw json.RawMessage, d *Draft) (err error) {
		d.Region, err = oneOf(raw, Regions)
		return err
	}},
	{name: "items", optional: true, read: func(raw json.RawMessage, d *Draft) error {
		items, err := positive(raw, maxItems)
		d.Items = int(items)
		return err
	}},
	{name: "total", read: func(raw json.RawMessage, d *Draft) (err error) {
		d.Total, err = amount(raw)
		return err
	}},
}

// ReadDraft reads one JSON object with the members customer_id, channel, region, total and, optionally,
// items (1). An object that is understood but wrong is *Invalid; text that is no single JSON object is
// another error, as is anything that r returns.
func ReadDraft(r io.Reader) (Draft, error) {
	decoder := json.NewDecoder(r)
	var members map[string]json.RawMessage
	if err := decoder.Decode(&members); err != nil {
		return Draft{}, fmt.Errorf("the body is no JSON object: %w", err)
	}
	if members == nil {
		return Draft{}, errors.New("the body is null; a JSON object is expected")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		if err == nil || errors.As(err, new(*json.SyntaxError)) {
			err = errors.New("there is more after the JSON object")
		}
		return Draft{}, fmt.Errorf("the body is not one JSON object: %w", err)
	}

	draft := Draft{Items: 1}
	var problems []Problem
	for _, f := range fields {
		raw, given := members[f.name]
		delete(members, f.name)
		switch {
		case !given && f.optional:
		case !given:
			problems = append(problems, Problem{Field: f.name, Reason: "is missing"})
		default:
			if err := f.read(raw, &draft); err != nil {
				problems = append(problems, Problem{Field: f.name, Reason: err.Error()})
			}
		}
	}
	unknown := make([]string, 0, len(members))
	for name := range members {
		unknown = append(unknown, name)
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		problems = append(problems, Problem{Field: name, Reason: "is not a field of an order"})
	}
	if problems != nil {
		return Draft{}, &Invalid{Problems: problems}
	}
	return draft, nil
}

func positive(raw json.RawMessage, limit int64) (int64, error) {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n <= 0 || n > limit {
		return 0, fmt.Errorf("must be a whole number from 1 to %d", limit)
	}
	return n, nil
}

func oneOf(raw json.RawMessage, known []string) (string, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil || !slices.Contains(known, text) {
		return "", errors.New("must be one of " + strings.Join(known, ", "))
	}
	return text, nil
}

// amount accepts a JSON number or a string, since many clients send money as a string.
func amount(raw json.RawMessage) (Money, error) {
	text := string(raw)
	if bytes.HasPrefix(raw, []byte(`"`)) {
		if err := json.Unmarshal(raw, &text); err != nil {
			return 0, errors.New("must be a plain decimal number, such as 129.90")
		}
	}
	total, err := ParseMoney(text)
	if err == nil && total == 0 {
		err = errors.New("must be more than 0")
	}
	return total, err
}
