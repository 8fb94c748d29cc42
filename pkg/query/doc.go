// Package query holds what a panel asks and the shape of an answer: the saved
// query and its validation, the time grid and the business calendar, the scans
// a store is asked for, the cells it returns, and the series made from them.
//
// The package does no input or output. Everything in it is plain data, so the
// engine, the store and the framing of answers can meet here without knowing
// each other.
package query
