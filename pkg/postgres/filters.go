package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/query"
)

// operand is a dimension of a table as SQL: an expression and its type.
type operand struct {
	table *catalog.Table
	name  string
	sql   string
	columnType
}

func (o operand) labelSQL() string { return o.label(o.sql) }

// keySQL is what rows are grouped by. It tells apart exactly what the label
// does.
func (o operand) keySQL() string {
	if o.typeClass == classCitext {
		return o.labelSQL()
	}
	return o.sql
}

// labelOfKey writes the label of a value of keySQL.
func (o operand) labelOfKey(key string) string {
	if o.typeClass == classCitext {
		return key
	}
	return o.label(key)
}

// condition writes a filter on the dimension, to be joined with others by AND.
// Values are bound with the column's own type, so that its indexes serve.
func (o operand) condition(s *statement, f query.Filter) (string, error) {
	if o.label == nil {
		return "", o.refused()
	}
	switch f.Operator {
	case query.IsNull:
		return o.sql + " IS NULL", nil
	case query.IsNotNull:
		return o.sql + " IS NOT NULL", nil
	case query.In, query.NotIn:
		return o.listCondition(s, f)
	}
	if len(f.Values) != 1 {
		return "", filterError(f, "takes one value, not %d", len(f.Values))
	}
	v, ok := query.ParseLabel(f.Values[0])
	if !ok {
		return "", filterError(f, "cannot compare with %s, which is no value but what remains beyond the top", query.LabelOthers)
	}
	switch f.Operator {
	case query.Eq, query.Ne:
		return o.equality(s, f, v)
	case query.Match, query.NotMatch:
		return o.match(s, f, f.Values[0])
	case query.Gt, query.Ge, query.Lt, query.Le:
		return o.ordering(s, f, v)
	}
	return "", filterError(f, "the operator is not known")
}

func (o operand) equality(s *statement, f query.Filter, v query.Value) (string, error) {
	negative := f.Operator == query.Ne
	if v.Null {
		if negative {
			return o.sql + " IS NOT NULL", nil
		}
		return o.sql + " IS NULL", nil
	}
	text, err := o.parseValue(f, v.Text)
	if err != nil {
		return "", err
	}
	left, right := o.sql, ""
	if o.typeClass == classEnum && !o.hasLabel(text) {
		left, right = o.labelSQL(), s.bindText(pgtype.TextOID, text)
	} else {
		right = o.bindOne(s, text)
	}
	if negative {
		return fmt.Sprintf("(%s %s %s OR %s IS NULL)", left, o.operator("<>"), right, o.sql), nil
	}
	return fmt.Sprintf("%s %s %s", left, o.operator("="), right), nil
}

func (o operand) listCondition(s *statement, f query.Filter) (string, error) {
	var texts []string
	withNull, known := false, true
	for _, label := range f.Values {
		v, ok := query.ParseLabel(label)
		if !ok {
			return "", filterError(f, "cannot compare with %s, which is no value but what remains beyond the top", query.LabelOthers)
		}
		if v.Null {
			withNull = true
			continue
		}
		text, err := o.parseValue(f, v.Text)
		if err != nil {
			return "", err
		}
		known = known && (o.typeClass != classEnum || o.hasLabel(text))
		texts = append(texts, text)
	}
	left, list := o.sql, ""
	switch {
	case len(texts) == 0: // no value but NULL
	case !known:
		left, list = o.labelSQL(), s.bindTexts(pgtype.TextArrayOID, texts)
	default:
		list = o.bindList(s, texts)
	}
	if f.Operator == query.In {
		switch {
		case list == "" && withNull:
			return o.sql + " IS NULL", nil
		case list == "":
			return "FALSE", nil
		case withNull:
			return fmt.Sprintf("(%s %s ANY(%s) OR %s IS NULL)", left, o.operator("="), list, o.sql), nil
		}
		return fmt.Sprintf("%s %s ANY(%s)", left, o.operator("="), list), nil
	}
	switch {
	case list == "" && withNull:
		return o.sql + " IS NOT NULL", nil
	case list == "":
		return "TRUE", nil
	case withNull:
		return fmt.Sprintf("(%s %s ALL(%s) AND %s IS NOT NULL)", left, o.operator("<>"), list, o.sql), nil
	}
	return fmt.Sprintf("(%s %s ALL(%s) OR %s IS NULL)", left, o.operator("<>"), list, o.sql), nil
}

func (o operand) ordering(s *statement, f query.Filter, v query.Value) (string, error) {
	if v.Null {
		return "", filterError(f, "cannot order by %s; use the operators is null and is not null", query.LabelNull)
	}
	if o.typeClass == classBool || o.typeClass == classUUID {
		return "", filterError(f, "values of type %s have no order that means anything; use =, !=, in or not in", o.columnType.sql)
	}
	text, err := o.parseValue(f, v.Text)
	if err != nil {
		return "", err
	}
	if o.typeClass == classEnum && !o.hasLabel(text) {
		return "", filterError(f, "%s is no value of type %s, which has %s", strconv.Quote(text), o.columnType.sql, strings.Join(o.labels, ", "))
	}
	return fmt.Sprintf("%s %s %s", o.sql, o.operator(string(f.Operator)), o.bindOne(s, text)), nil
}

// embeddedOptions are the (?…) options that PostgreSQL accepts at the very
// start of a regular expression only. Those that choose another syntax, in
// which the anchors would mean something else, are refused.
var (
	embeddedOptions = regexp.MustCompile(`^\(\?[a-z]+\)`)
	plainOptions    = regexp.MustCompile(`^\(\?[cimnpstw]+\)$`)
)

// match compares the label's text as a whole with a regular expression.
func (o operand) match(s *statement, f query.Filter, pattern string) (string, error) {
	if _, err := parseText(pattern, ""); err != nil {
		return "", filterError(f, "the pattern %v", err)
	}
	options := embeddedOptions.FindString(pattern)
	if strings.HasPrefix(pattern, "***") || options != "" && !plainOptions.MatchString(options) {
		return "", filterError(f, "the pattern %s chooses another syntax of regular expressions; only the options c, i, m, n, p, s, t and w are possible", shorten(pattern))
	}
	operator := "~"
	if o.typeClass == classCitext {
		operator = "~*"
	}
	placeholder := s.bindText(pgtype.TextOID, anchored(pattern))
	condition := fmt.Sprintf("%s %s %s", o.labelSQL(), operator, placeholder)
	if f.Operator == query.NotMatch {
		condition = fmt.Sprintf("(%s !%s %s OR %s IS NULL)", o.labelSQL(), operator, placeholder, o.sql)
	}
	// A pattern such as a)|(?:b closes the group that anchors it and opens another.
	// Alone it is no regular expression, as the server finds before it reads a row.
	if strings.Contains(pattern, ")") {
		condition = fmt.Sprintf("('' ~ %s) IS NOT NULL AND %s", s.bindText(pgtype.TextOID, pattern), condition)
	}
	return condition, nil
}

// anchored makes a pattern match a text as a whole.
func anchored(pattern string) string {
	options := embeddedOptions.FindString(pattern)
	return options + `\A(?:` + pattern[len(options):] + `)\Z`
}

func (o operand) parseValue(f query.Filter, text string) (string, error) {
	parsed, err := o.parse(text, o.table.Location().String())
	if err != nil {
		return "", filterError(f, "%s %v (the dimension has type %s)", shorten(text), err, o.columnType.sql)
	}
	return parsed, nil
}

func (o operand) hasLabel(text string) bool {
	for _, l := range o.labels {
		if l == text {
			return true
		}
	}
	return false
}

func (o operand) bindOne(s *statement, text string) string {
	switch o.typeClass {
	case classCitext:
		return s.bindText(pgtype.TextOID, text) + "::" + o.columnType.sql
	case classEnum:
		return s.bindText(o.oid, text)
	}
	return s.bindText(o.bind, text)
}

func (o operand) bindList(s *statement, texts []string) string {
	switch o.typeClass {
	case classCitext:
		return s.bindTexts(pgtype.TextArrayOID, texts) + "::" + o.columnType.sql + "[]"
	case classEnum:
		return s.bindTexts(o.array, texts)
	}
	return s.bindTexts(o.bindArray, texts)
}

// operator names an operator. Those of an extension's type live in the
// extension's schema, which need not be in the search path.
func (o operand) operator(op string) string {
	if o.typeClass == classCitext {
		return "OPERATOR(" + o.schema + "." + op + ")"
	}
	return op
}

func (o operand) refused() error {
	return &Error{Kind: KindCatalog, Message: message.New(
		"dimension %s of table %s has type %s, by which rows cannot be grouped or filtered; use a column of one of the types %s, or an expression such as \"(%s)::text\"",
		o.name, o.table.Name, o.columnType.sql, dimensionTypes, o.table.Dimensions[o.name].Column)}
}

func filterError(f query.Filter, format string, args ...any) error {
	return &query.Error{Field: "filters", Message: message.New("%s %s: %s", f.Key, f.Operator, message.New(format, args...))}
}

// patternError makes the server's complaint about a regular expression the
// mistake of the filter that holds it. Only the server knows its syntax, and it
// does not say which one it means, so it is shown each by itself.
func (l *Look) patternError(ctx context.Context, err error, filters []query.Filter) error {
	if wrongPattern(err) == nil {
		return err
	}
	for _, f := range filters {
		if f.Operator != query.Match && f.Operator != query.NotMatch {
			continue
		}
		s := &statement{}
		s.write("SELECT '' ~ ", s.bindText(pgtype.TextOID, f.Values[0]), ", '' ~ ", s.bindText(pgtype.TextOID, anchored(f.Values[0])))
		alone := l.stream(ctx, s, func([]pgconn.FieldDescription) error { return nil }, func([][]byte) error { return nil })
		if complaint := wrongPattern(alone); complaint != nil {
			return filterError(f, "%s is not a regular expression of PostgreSQL: %s", shorten(f.Values[0]), complaint.Message)
		}
	}
	return err // in a fragment of the catalog
}

// wrongPattern returns the server's complaint about a regular expression; nil
// where err is none.
func wrongPattern(err error) *pgconn.PgError {
	if complaint := (*pgconn.PgError)(nil); errors.As(err, &complaint) && complaint.Code == "2201B" {
		return complaint
	}
	return nil
}

// shorten quotes a value for a message.
func shorten(text string) string {
	const most = 60
	if len(text) <= most {
		return strconv.Quote(text)
	}
	return strconv.Quote(strings.ToValidUTF8(text[:most], "")) + "…"
}
