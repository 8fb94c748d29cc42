package catalog

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/pullview/orders-datasource/pkg/message"
)

// LinkPart is a part of a table's link: text as it is, or the name of a column
// whose value stands there.
type LinkPart struct{ Text, Column string }

// LinkParts takes the table's link apart.
func (t *Table) LinkParts() []LinkPart {
	parts, _ := cutLink(t.Link) // Parse has refused what cannot be taken apart
	return parts
}

func cutLink(link string) ([]LinkPart, error) {
	var parts []LinkPart
	for rest := link; rest != ""; {
		text, after, opened := strings.Cut(rest, "{")
		if strings.Contains(text, "}") {
			return nil, message.Errorf("a } closes nothing; write a column as {id}")
		}
		if text != "" {
			parts = append(parts, LinkPart{Text: text})
		}
		if !opened {
			break
		}
		column, tail, closed := strings.Cut(after, "}")
		if !closed || column == "" || strings.Contains(column, "{") {
			return nil, message.Errorf("a { begins no column; write one as {id}")
		}
		parts = append(parts, LinkPart{Column: column})
		rest = tail
	}
	return parts, nil
}

// link checks the URL template of a table. Its server is fixed: no row can
// choose to where a reader is sent. Grafana replaces variables in it, so it
// holds nothing that looks like one.
func (v *validator) link(path string, t *Table) {
	if len(t.Link) > maxLinkBytes {
		v.add(path, "has %d bytes; the limit is %d", len(t.Link), maxLinkBytes)
		return
	}
	parts, err := cutLink(t.Link)
	if err == nil {
		err = checkLink(parts)
	}
	if err != nil {
		v.add(path, "%s: %v", quote(t.Link), err)
		return
	}
	columns := 0
	for _, part := range parts {
		if part.Column == "" {
			continue
		}
		columns++
		if known := t.Records; !slices.Contains(known, part.Column) {
			v.add(path, "{%s} is no column of the table's records%s", clip(part.Column), v.didYouMean(part.Column, known))
		}
	}
	if columns == 0 {
		v.add(path, "%s names no column, so all rows would have the same page; write one as {id}", quote(t.Link))
	}
}

// checkLink refuses what is no absolute URL of the web and no path on the
// Grafana server.
func checkLink(parts []LinkPart) error {
	var whole strings.Builder
	for _, part := range parts {
		if strings.Contains(part.Text, "$") || strings.Contains(part.Text, "[[") {
			return message.Errorf("a $ or [[ in it is a variable for Grafana; write %%24 and %%5B")
		}
		if strings.ContainsFunc(part.Text, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
			return message.Errorf("it has a blank, a backslash or a control character")
		}
		if part.Column != "" {
			whole.WriteString("x")
		}
		whole.WriteString(part.Text)
	}
	first := parts[0].Text
	u, err := url.Parse(whole.String())
	switch {
	case err != nil:
		return message.Errorf("it is no URL: %v", errors.Unwrap(err))
	case strings.HasPrefix(first, "/") && !strings.HasPrefix(first, "//"):
		return nil
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil:
		return message.Errorf("write an absolute URL such as https://shop.example/orders/{id}, or a path on the Grafana server that begins with /")
	case len(first) < len(u.Scheme)+len("://")+len(u.Host):
		return message.Errorf("the server cannot depend on a column; columns stand in the path, the query or the fragment")
	}
	return nil
}
