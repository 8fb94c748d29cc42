package catalog

// Relation is the name of a table, view or other relation, taken apart.
type Relation struct {
	// Schema is empty where the name was given without one; the server's
	// search path decides then.
	Schema string
	// Name is the relation's own name, exactly as the database stores it.
	Name string
}
