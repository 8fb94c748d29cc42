package discover

import "strings"

// Sentence is a sentence or phrase for people: which one, and what fills it in.
// The settings page writes it in the language of whoever reads it.
type Sentence struct {
	Code   Code   `json:"code"`
	Values Values `json:"values,omitempty"`
	// Parts are what the sentence lists, each a phrase.
	Parts []Sentence `json:"parts,omitempty"`
}

// Values fill in a text by name: strings, numbers, booleans and lists of strings,
// whose last one is an ellipsis where there are more. Names and expressions of
// the store are written as they are there, and roles and kinds as [TableItem]
// names them. A problem is a [message.Message].
type Values map[string]any

// Code names a sentence or phrase.
type Code string

// The comment behind a code lists the names of its values, if it has any; "parts"
// stands for the list of its parts. src/components/config/discovery puts each
// code into words.
const (
	// The time zone.
	ZoneAsked    Code = "zone-asked"
	ZoneDatabase Code = "zone-database"
	ZoneServer   Code = "zone-server"
	ZoneLocal    Code = "zone-local"
	ZoneFits     Code = "zone-fits" // table
	ZoneNone     Code = "zone-none"
	TimesLocal   Code = "times-local"  // zone
	TimesFit     Code = "times-fit"    // zone
	TimesAhead   Code = "times-ahead"  // zone
	TimesLate    Code = "times-late"   // zone
	TimesFuture  Code = "times-future" // zone
	TimesOld     Code = "times-old"    // hours, zone

	// What a table is taken for.
	HoldsOrders    Code = "holds-orders"    // parts
	MayHoldOrders  Code = "may-hold-orders" // parts
	SignName       Code = "sign-name"
	SignTime       Code = "sign-time"        // column
	SignAmount     Code = "sign-amount"      // column
	SignLines      Code = "sign-lines"       // table
	SignCustomer   Code = "sign-customer"    // column
	SignStatus     Code = "sign-status"      // column
	HoldsLines     Code = "holds-lines"      // column
	HoldsCarts     Code = "holds-carts"      // column
	HoldsByName    Code = "holds-by-name"    // column, role
	HoldsTimes     Code = "holds-times"      // column
	DeletedLeftOut Code = "deleted-left-out" // condition

	// Counters.
	CountsAll         Code = "counts-all"    // column, table
	CountsBest        Code = "counts-best"   // column, table
	CountsEvents      Code = "counts-events" // column, table
	Counts            Code = "counts"        // column, table
	EventUnclear      Code = "event-unclear"
	TimeTwice         Code = "time-twice"   // column
	NoIndex           Code = "no-index"     // column
	HoldsDays         Code = "holds-days"   // column
	StatusTells       Code = "status-tells" // column, status
	KeptOrders        Code = "kept-orders"
	CustomerByName    Code = "customer-by-name"   // column
	CustomerReference Code = "customer-reference" // column
	LinesTogether     Code = "lines-together"     // column
	CartRefers        Code = "cart-refers"        // column
	CartNamed         Code = "cart-named"         // column
	CartTime          Code = "cart-time"          // column
	CartStatus        Code = "cart-status"        // column, values
	OrderRefers       Code = "order-refers"       // column, table

	// Amounts.
	ValueOfAll          Code = "value-of-all"
	RevenueAt           Code = "revenue-at"          // column
	RevenueAtOwnTime    Code = "revenue-at-own-time" // column
	Distribution        Code = "distribution"
	AmountByName        Code = "amount-by-name"         // column
	AmountByType        Code = "amount-by-type"         // column
	AmountMillionths    Code = "amount-millionths"      // column
	AmountCentsName     Code = "amount-cents-name"      // column
	AmountCentsComment  Code = "amount-cents-comment"   // column
	AmountSmallestUnit  Code = "amount-smallest-unit"   // column, currency
	AmountThousandths   Code = "amount-thousandths"     // column, currency
	AmountFloat         Code = "amount-float"           // column
	AmountInteger       Code = "amount-integer"         // column
	OtherAmounts        Code = "other-amounts"          // columns
	LinesNotNeeded      Code = "lines-not-needed"       // table
	NoAmount            Code = "no-amount"              // table
	LinesAddUp          Code = "lines-add-up"           // column, table
	LinesAddUpByName    Code = "lines-add-up-by-name"   // column, table
	LinesNoIndex        Code = "lines-no-index"         // table
	LinesDeletedLeftOut Code = "lines-deleted-left-out" // column
	LineIs              Code = "line-is"                // column
	LineTimes           Code = "line-times"             // price, quantity
	LineNoQuantity      Code = "line-no-quantity"
	LineInCents         Code = "line-in-cents"
	LessPercent         Code = "less-percent"     // column
	LessFraction        Code = "less-fraction"    // column
	LessAmount          Code = "less-amount"      // column
	DiscountUnclear     Code = "discount-unclear" // column
	Currencies          Code = "currencies"       // column, currencies

	// Ratios, durations and gauges.
	AverageOf      Code = "average-of"
	TwoFlows       Code = "two-flows"
	CartsMayYet    Code = "carts-may-yet"
	DurationOf     Code = "duration-of"  // from, to
	PairByName     Code = "pair-by-name" // closed, opened
	PairFollows    Code = "pair-follows" // closed, opened
	PairAlwaysBoth Code = "pair-always-both"
	OpenLeftOut    Code = "open-left-out"

	// Dimensions.
	EnumValues      Code = "enum-values" // number
	TrueOrFalse     Code = "true-or-false"
	NamedDimension  Code = "named-dimension"
	DifferentValues Code = "different-values" // estimated, number
	OneValue        Code = "one-value"
	RefersByNumber  Code = "refers-by-number" // estimated, number
	RefersByName    Code = "refers-by-name"   // column, estimated, number, table
	GroupsAtZero    Code = "groups-at-zero"
	Comment         Code = "comment" // text

	// Why something is not selected.
	NotAccepted Code = "not-accepted" // problem

	// Remarks.
	OrdersWithoutTime Code = "orders-without-time"
	NoOrders          Code = "no-orders"
	SameRows          Code = "same-rows" // kind, table
	NoRevenue         Code = "no-revenue"
	LinesWithoutPrice Code = "lines-without-price"
	CartsWithoutTime  Code = "carts-without-time"
	CartsWithoutOrder Code = "carts-without-order"
	TimeAsNumber      Code = "time-as-number" // column, expression
	MarksTests        Code = "marks-tests"    // column
	NoTimeForValues   Code = "no-time-for-values"
	ValuesUnreadable  Code = "values-unreadable" // problem
)

// The codes of what a metric is labelled and explained by.
const (
	LabelAverage          Code = "label-average"           // table
	LabelCancellationRate Code = "label-cancellation-rate" // table
	LabelCancelled        Code = "label-cancelled"         // table
	LabelConversion       Code = "label-conversion"        // table
	LabelConverted        Code = "label-converted"         // table
	LabelCustomers        Code = "label-customers"         // table
	LabelDistribution     Code = "label-distribution"      // table
	LabelKept             Code = "label-kept"              // table
	LabelNot              Code = "label-not"               // event, table
	LabelNotDelivered     Code = "label-not-delivered"     // table
	LabelNotInvoiced      Code = "label-not-invoiced"      // table
	LabelNotShipped       Code = "label-not-shipped"       // table
	LabelOpen             Code = "label-open"              // table
	LabelOrders           Code = "label-orders"            // table
	LabelRefunded         Code = "label-refunded"          // table
	LabelRevenue          Code = "label-revenue"           // table
	LabelRevenueBy        Code = "label-revenue-by"        // column, table
	LabelTimeTo           Code = "label-time-to"           // event, table
	LabelUnpaid           Code = "label-unpaid"            // table
	LabelValue            Code = "label-value"             // table

	HelpAverage          Code = "help-average"           // denominator, numerator, table
	HelpCancellationRate Code = "help-cancellation-rate" // table
	HelpConversion       Code = "help-conversion"
	HelpConverted        Code = "help-converted"    // column, table
	HelpCounted          Code = "help-counted"      // column, label
	HelpCustomers        Code = "help-customers"    // column, table
	HelpDistribution     Code = "help-distribution" // column, table
	HelpDuration         Code = "help-duration"     // from, to
	HelpLinesOrders      Code = "help-lines-orders" // column, table
	HelpOpen             Code = "help-open"         // closed, opened, table
	HelpRows             Code = "help-rows"         // column, table
	HelpStatus           Code = "help-status"       // column, table, values
	HelpValue            Code = "help-value"        // column, table
	HelpWorth            Code = "help-worth"        // column, table
	LeftOut              Code = "left-out"          // parts
	OutByStatus          Code = "out-by-status"     // column, values
	OutByTime            Code = "out-by-time"       // column
)

// english is what metrics are labelled and explained by in a catalog that is
// taken as it is proposed.
var english = map[Code]string{
	LabelAverage:          "{{table}}: average value",
	LabelCancellationRate: "{{table}}: cancellation rate",
	LabelCancelled:        "{{table}} cancelled",
	LabelConversion:       "{{table}}: conversion",
	LabelConverted:        "{{table}} converted",
	LabelCustomers:        "{{table}}: customers",
	LabelDistribution:     "{{table}}: distribution of values",
	LabelKept:             "{{table}} kept",
	LabelNot:              "{{table}}: not {{event}}",
	LabelNotDelivered:     "{{table}}: not delivered",
	LabelNotInvoiced:      "{{table}}: not invoiced",
	LabelNotShipped:       "{{table}}: not shipped",
	LabelOpen:             "{{table}}: open",
	LabelOrders:           "{{table}}: orders",
	LabelRefunded:         "{{table}} refunded",
	LabelRevenue:          "{{table}}: revenue",
	LabelRevenueBy:        "{{table}}: revenue by {{column}}",
	LabelTimeTo:           "{{table}}: time to {{event}}",
	LabelUnpaid:           "{{table}}: unpaid",
	LabelValue:            "{{table}}: value",

	HelpAverage:          "What one of the rows of {{table}} is worth on average: {{numerator}} divided by {{denominator}}",
	HelpCancellationRate: "Rows of {{table}} cancelled in a time, for each that came in during it",
	HelpConversion:       "The part of the carts begun in a time that have become orders by now",
	HelpConverted:        "Rows of {{table}} that have become orders by now, counted at {{column}}",
	HelpCounted:          "{{label}}, counted at {{column}}",
	HelpCustomers:        "How many different customers there are in {{table}}, by {{column}}",
	HelpDistribution:     "How the values of {{table}} are distributed, by {{column}}",
	HelpDuration:         "How long it takes from {{from}} to {{to}}, by the time of the latter",
	HelpLinesOrders:      "How many different orders the lines in {{table}} belong to, by {{column}}",
	HelpOpen:             "Rows of {{table}} from {{opened}} until {{closed}}; those without {{closed}} are still open",
	HelpRows:             "Rows of {{table}}, counted at {{column}}",
	HelpStatus:           "Rows of {{table}} that are {{values}} by now, counted at {{column}}",
	HelpValue:            "What all rows of {{table}} are worth, whatever became of them, counted at {{column}}",
	HelpWorth:            "What the rows of {{table}} are worth, counted at {{column}}",
	LeftOut:              "Left out: {{parts}}",
	OutByStatus:          "rows with {{column}} {{values}}",
	OutByTime:            "rows with {{column}}",
	Comment:              "{{text}}",
}

// English writes a label, a sentence of a help text or a phrase of one.
func (s *Sentence) English() string {
	var pairs []string
	for name, value := range s.Values {
		switch value := value.(type) {
		case string:
			pairs = append(pairs, "{{"+name+"}}", value)
		case []string:
			pairs = append(pairs, "{{"+name+"}}", enumerate(value))
		}
	}
	if len(s.Parts) > 0 {
		parts := make([]string, len(s.Parts))
		for i := range s.Parts {
			parts[i] = s.Parts[i].English()
		}
		pairs = append(pairs, "{{parts}}", enumerate(parts))
	}
	return strings.NewReplacer(pairs...).Replace(english[s.Code])
}

// inEnglish writes a help text: sentences one after the other, without the last
// full stop.
func inEnglish(help []Sentence) string {
	list := make([]string, len(help))
	for i := range help {
		list[i] = help[i].English()
	}
	return strings.Join(list, ". ")
}

func say(code Code, values Values) Sentence { return Sentence{Code: code, Values: values} }

// texts are sentences without anything to fill in.
func texts(codes ...Code) []Sentence {
	list := make([]Sentence, len(codes))
	for i, code := range codes {
		list[i].Code = code
	}
	return list
}
