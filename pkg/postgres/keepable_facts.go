package postgres

import (
	"regexp"
	"strings"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// planFacts is what a plan and its statement use, without schemas.
type planFacts struct {
	relations  map[catalog.Relation]bool
	functions  map[string]bool
	attributes map[string]bool // that are written like fields
	types      map[string]bool
	casts      map[cast]bool
	text       strings.Builder // all of it, without literals
	reason     message.Message // that the texts alone give; of several the last
}

// cast is one of something in which a name stands.
type cast struct{ target, operand string }

func newPlanFacts() *planFacts {
	return &planFacts{relations: map[catalog.Relation]bool{}, functions: map[string]bool{}, attributes: map[string]bool{}, types: map[string]bool{}, casts: map[cast]bool{}}
}

// What a text uses, as it stands without literals.
var (
	callPattern      = regexp.MustCompile(identifierPattern + `\s*\(`)
	attributePattern = regexp.MustCompile(`\.\s*` + identifierPattern)
	typePattern      = regexp.MustCompile(`::\s*(?:` + identifierPattern + `\s*\.\s*)?` + identifierPattern)
	// Names in quotes are matched so that parentheses in them count for nothing.
	castSigns = regexp.MustCompile(`"(?:[^"]|"")*"|\(|\)(?:::(?:"(?:[^"]|"")+"\.|\w+\.)?` + identifierPattern + `)?`)
)

// What is reason enough by itself not to keep a number.
var (
	// What SQL asks of the clock and the session without calling a function. A
	// time of day with a zone lacks the date, which decides about summer time.
	clockValues = regexp.MustCompile(`\b(CURRENT_(DATE|TIME|TIMESTAMP|USER|ROLE|CATALOG|SCHEMA)|LOCALTIME(STAMP)?|(SESSION|SYSTEM)_USER|time with time zone)\b|(^|[^\w"])USER\b`)
	// A text that is read as a time when the statement runs, as 'now' and 'today' are.
	clockTexts = regexp.MustCompile(`(?i)'\s*([\d:.]+\s*([ap]m)?\s+)?(now|today|tomorrow|yesterday)\b[^']*'::cstring`)
	// What a row has of itself changes without it: age(xmin) with every transaction.
	systemColumns = regexp.MustCompile(`\.(xmin|xmax|cmin|cmax|ctid)\b`)
	// Texts of these types are names, which may be another's tomorrow.
	nameTypes = regexp.MustCompile(`::\s*(?:pg_catalog\.)?(reg(?:class|collation|config|dictionary|namespace|oper|operator|proc|procedure|role|type))\b`)
	// Text is searched by a configuration that may change; JSON is not.
	textSearch = regexp.MustCompile(`@@@?(?:\s*''::(\w+))?`)
)

// planned takes in the text of an expression as a plan shows it.
func (f *planFacts) planned(text string) {
	if clockTexts.MatchString(text) { // in a literal, which the bare text lacks
		f.reason = message.New("an expression reads the clock")
	}
	text = bareSQL(text)
	if found := systemColumns.FindStringSubmatch(text); found != nil {
		f.reason = message.New("an expression uses the system column %s", found[1])
	}
	if found := clockValues.FindString(text); found != "" {
		f.reason = message.New("an expression uses %s", strings.TrimLeft(found, " (,"))
	}
	for _, found := range textSearch.FindAllStringSubmatch(text, -1) {
		if found[1] != "jsonpath" {
			f.reason = message.New("an expression searches text")
		}
	}
	f.castsOf(text)
	f.names(text)
}

// written takes in the bare text of a statement. A plan has the bodies of some
// functions in their place, and lacks what a partial index grants.
func (f *planFacts) written(text string) {
	for _, found := range attributePattern.FindAllStringSubmatch(text, -1) {
		noteNames(f.attributes, found[1])
	}
	f.names(text)
}

// names notes the names before parentheses, and those of types. Those of
// nothing do no harm.
func (f *planFacts) names(text string) {
	if found := nameTypes.FindStringSubmatch(text); found != nil {
		f.reason = message.New("an expression looks up names, by the type %s", found[1])
	}
	for _, found := range callPattern.FindAllStringSubmatch(text, -1) {
		noteNames(f.functions, found[1])
	}
	for _, found := range typePattern.FindAllStringSubmatch(text, -1) {
		noteNames(f.types, found[2])
	}
	f.text.WriteString(text + "\n")
}

// castsOf takes in the casts in the bare text of a plan, which has what is cast
// in parentheses.
func (f *planFacts) castsOf(text string) {
	var opened []int // where what is in each open parenthesis begins
	for _, sign := range castSigns.FindAllStringSubmatchIndex(text, -1) {
		switch {
		case text[sign[0]] == '(':
			opened = append(opened, sign[1])
		case text[sign[0]] == ')' && len(opened) > 0:
			operand := text[opened[len(opened)-1]:sign[0]]
			opened = opened[:len(opened)-1]
			if sign[2] >= 0 { // a type follows
				f.cast(text[sign[2]:sign[3]], operand)
			}
		}
	}
}

// cast notes a cast to a type of all the names in an operand, however deep they
// stand in it.
func (f *planFacts) cast(target, operand string) {
	targets, operands := map[string]bool{}, map[string]bool{}
	noteNames(targets, target)
	for _, name := range anyName.FindAllString(operand, -1) {
		noteNames(operands, name)
	}
	for target := range targets {
		for name := range operands {
			f.casts[cast{target, name}] = true
		}
	}
}

// wordSigns are the operators that may stand in a statement under another name,
// as BETWEEN, LIKE, ILIKE, SIMILAR TO, NOT IN and != do, and that no plan shows
// where the planner puts the bodies of their functions in their place.
const wordSigns = "<> = <= >= ~ ~~ !~~ ~~* !~~*"

// binds are those of keepableSQL, for the bare text of a statement.
func (f *planFacts) binds(statement string) []bind {
	var schemas, names []string
	for r := range f.relations {
		schemas, names = append(schemas, r.Schema), append(names, r.Name)
	}
	var targets, operands []string
	for c := range f.casts {
		targets, operands = append(targets, c.target), append(operands, c.operand)
	}
	return []bind{
		textsBind(schemas), textsBind(names),
		textsBind(sortedKeys(f.functions)), textsBind(sortedKeys(f.attributes)), textsBind(sortedKeys(f.types)),
		textBind(f.text.String() + wordSigns), textBind(statement),
		textsBind(targets), textsBind(operands),
	}
}
