package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/pullview/orders-datasource/pkg/message"
)

// node is a JSON value that remembers what encoding/json forgets: the order of
// an object's keys and the ones that were given twice.
type node struct {
	kind    nodeKind
	literal string // a text's value, or a number or boolean as written
	keys    []string
	fields  map[string]*node
	twice   []string
	items   []*node
}

type nodeKind int

const (
	objectNode nodeKind = iota
	listNode
	textNode
	numberNode
	booleanNode
	nullNode
)

var kindNames = map[nodeKind]message.Message{
	objectNode:  message.New("a group of keys"),
	listNode:    message.New("a list"),
	textNode:    message.New("a text"),
	numberNode:  message.New("a number"),
	booleanNode: message.New("true or false"),
	nullNode:    message.New("empty"),
}

// maxDepth is above any path of a catalog: tables.orders.dimensions.channel.values[0].
const maxDepth = 10

func readDocument(raw []byte) (*node, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	root, err := readNode(decoder, 0)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, message.Errorf("more follows after the end of the document")
	}
	return root, nil
}

func readNode(decoder *json.Decoder, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, message.Errorf("nested more than %d levels deep", maxDepth)
	}
	token, err := decoder.Token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return readObject(decoder, depth)
		}
		return readList(decoder, depth)
	case string:
		return &node{kind: textNode, literal: token}, nil
	case json.Number:
		return &node{kind: numberNode, literal: token.String()}, nil
	case bool:
		return &node{kind: booleanNode, literal: strconv.FormatBool(token)}, nil
	default:
		return &node{kind: nullNode, literal: "null"}, nil
	}
}

func readObject(decoder *json.Decoder, depth int) (*node, error) {
	object := &node{kind: objectNode, fields: map[string]*node{}}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		key, ok := token.(string)
		if !ok {
			return nil, message.Errorf("%v stands where a key is expected", token)
		}
		value, err := readNode(decoder, depth+1)
		if err != nil {
			return nil, err
		}
		if object.fields[key] != nil {
			object.twice = append(object.twice, key)
			continue
		}
		object.keys = append(object.keys, key)
		object.fields[key] = value
	}
	_, err := decoder.Token()
	return object, err
}

func readList(decoder *json.Decoder, depth int) (*node, error) {
	list := &node{kind: listNode}
	for decoder.More() {
		item, err := readNode(decoder, depth+1)
		if err != nil {
			return nil, err
		}
		list.items = append(list.items, item)
	}
	_, err := decoder.Token()
	return list, err
}

// has tells whether an object has a key; a nil node has none.
func (n *node) has(key string) bool { return n.field(key) != nil }

func (n *node) field(key string) *node {
	if n == nil {
		return nil
	}
	return n.fields[key]
}

// describe names a value in an error message.
func (n *node) describe() message.Message {
	switch n.kind {
	case textNode:
		return message.Verbatim(quote(n.literal))
	case numberNode, booleanNode:
		return message.Verbatim(clip(n.literal))
	default:
		return kindNames[n.kind]
	}
}
