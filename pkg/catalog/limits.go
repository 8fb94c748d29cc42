package catalog

// The limits keep a catalog something that a person wrote and a browser can
// show. They are far above what a business declares; a catalog at its limits
// is probably generated and should be several data sources.
const (
	maxCatalogBytes  = 1 << 20
	maxTables        = 200
	maxMetrics       = 2000
	maxAnnotations   = 200
	maxDimensions    = 100 // of a table
	maxRecords       = 200 // columns of a table
	maxValues        = 1000
	maxAliases       = 50
	maxQuantiles     = 20
	maxDecimals      = 20
	maxNameBytes     = 150
	maxFragmentBytes = 10_000
	maxLinkBytes     = 2000
	maxTextRunes     = 2000 // help
	maxLabelRunes    = 200  // label, unit, owner
	maxValueBytes    = 1000
	maxProblems      = 100
)
