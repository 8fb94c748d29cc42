package catalog

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// Parse reads a catalog from JSON, as it lies in the data source's
// jsonData.catalog. The answer is complete: names, defaults (a metric's time
// column, quantiles, change modes) and zones are filled in. Every problem is
// reported at once, as [Errors]; where there is no catalog at all the error is
// [ErrEmpty].
func Parse(raw json.RawMessage) (*Catalog, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) || bytes.Equal(raw, []byte("{}")) {
		return nil, ErrEmpty
	}
	var found problems
	if len(raw) > maxCatalogBytes {
		found.add("", "the catalog has %d bytes; the limit is %d", len(raw), maxCatalogBytes)
		return nil, found.errors()
	}
	document, err := readDocument(raw)
	if err != nil {
		found.add("", "the catalog is no valid JSON: %v", err)
		return nil, found.errors()
	}
	c := &Catalog{}
	(&decoder{problems: &found}).value("", document, reflect.ValueOf(c).Elem())
	if document.kind == objectNode {
		(&validator{catalog: c, problems: &found}).catalogKeys(document)
	}
	if err := found.errors(); err != nil {
		return nil, err
	}
	return c, nil
}
