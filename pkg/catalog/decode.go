package catalog

import (
	"encoding"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/pullview/orders-datasource/pkg/message"
)

// decoder fills the catalog's types from a document by their JSON tags and
// reports everything that does not fit, where encoding/json would stop at the
// first misfit, accept keys in another case and let the last of two equal keys
// win.
type decoder struct {
	problems *problems
}

// value decodes n into target. What does not fit is reported and left zero.
func (d *decoder) value(path string, n *node, target reflect.Value) {
	if n.kind == nullNode {
		d.problems.add(path, "has no value; give it one or remove the key")
		return
	}
	if unmarshaler, ok := target.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if d.expect(path, n, textNode) && d.filled(path, n) {
			if err := unmarshaler.UnmarshalText([]byte(n.literal)); err != nil {
				d.problems.add(path, "%s: %v", quote(n.literal), err)
			}
		}
		return
	}
	switch target.Kind() {
	case reflect.Pointer:
		target.Set(reflect.New(target.Type().Elem()))
		d.value(path, n, target.Elem())
	case reflect.Struct:
		d.object(path, n, target)
	case reflect.Map:
		d.byName(path, n, target)
	case reflect.Slice:
		d.list(path, n, target)
	case reflect.String:
		if d.expect(path, n, textNode) && d.filled(path, n) {
			target.SetString(n.literal)
		}
	case reflect.Int:
		d.integer(path, n, target)
	case reflect.Float64:
		d.number(path, n, target)
	default:
		panic("catalog: no decoding for " + target.Type().String())
	}
}

func (d *decoder) object(path string, n *node, target reflect.Value) {
	if !d.expect(path, n, objectNode) {
		return
	}
	d.repeated(path, n)
	fields := keysOf(target.Type())
	for _, key := range n.keys {
		index, known := fields.index[key]
		if !known {
			d.problems.add(join(path, key), "unknown key%s (known here: %s)", d.problems.didYouMean(key, fields.names), strings.Join(fields.names, ", "))
			continue
		}
		d.value(join(path, key), n.fields[key], target.Field(index))
	}
}

// byName decodes an object whose keys are names that its writer chose. Every
// name is kept, so that references to it are not reported as well.
func (d *decoder) byName(path string, n *node, target reflect.Value) {
	if !d.expect(path, n, objectNode) {
		return
	}
	d.repeated(path, n)
	entries := reflect.MakeMapWithSize(target.Type(), len(n.keys))
	for _, name := range n.keys {
		entry := reflect.New(target.Type().Elem().Elem())
		entry.Elem().FieldByName("Name").SetString(name)
		d.value(join(path, name), n.fields[name], entry.Elem())
		entries.SetMapIndex(reflect.ValueOf(name), entry)
	}
	target.Set(entries)
}

func (d *decoder) repeated(path string, n *node) {
	for _, key := range n.twice {
		d.problems.add(join(path, key), "is given more than once")
	}
}

func (d *decoder) list(path string, n *node, target reflect.Value) {
	if !d.expect(path, n, listNode) {
		return
	}
	if len(n.items) == 0 {
		d.problems.add(path, "is an empty list; remove the key or list something")
		return
	}
	list := reflect.MakeSlice(target.Type(), len(n.items), len(n.items))
	for i, item := range n.items {
		d.value(at(path, i), item, list.Index(i))
	}
	target.Set(list)
}

func (d *decoder) integer(path string, n *node, target reflect.Value) {
	if !d.expect(path, n, numberNode) {
		return
	}
	// A number that went through YAML or a browser may be written as 2.0 or 2e0.
	f, err := strconv.ParseFloat(n.literal, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<31 {
		d.problems.add(path, "%s is no whole number in range", n.describe())
		return
	}
	target.SetInt(int64(f))
}

func (d *decoder) number(path string, n *node, target reflect.Value) {
	if !d.expect(path, n, numberNode) {
		return
	}
	f, err := strconv.ParseFloat(n.literal, 64)
	if err != nil {
		d.problems.add(path, "%s is no number in range", n.describe())
		return
	}
	target.SetFloat(f)
}

func (d *decoder) expect(path string, n *node, kind nodeKind) bool {
	if n.kind == kind {
		return true
	}
	var hint message.Message
	switch {
	case kind == textNode && (n.kind == numberNode || n.kind == booleanNode):
		hint = message.New("; write it in quotes: %s", quote(n.literal))
	case kind == objectNode && n.kind == textNode:
		hint = message.New("; write keys below it, not a block of text")
	}
	d.problems.add(path, "is %s where %s is expected%s", n.describe(), kindNames[kind], hint)
	return false
}

func (d *decoder) filled(path string, n *node) bool {
	if strings.TrimSpace(n.literal) == "" {
		d.problems.add(path, "is an empty text; remove the key or give it a value")
		return false
	}
	return true
}

// structKeys are the JSON names of a struct's fields, in the order of the
// declaration, and where the fields are.
type structKeys struct {
	names []string
	index map[string]int
}

func keysOf(t reflect.Type) structKeys {
	keys := structKeys{index: map[string]int{}}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		keys.names = append(keys.names, name)
		keys.index[name] = i
	}
	return keys
}
