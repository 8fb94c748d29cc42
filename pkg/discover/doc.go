// Package discover proposes a catalog for an orders store that nobody has
// described yet: from the names, types, keys and statistics of its tables it
// concludes which of them hold orders, when things happened, what they were
// worth and by what they can be grouped.
//
// It is a set of rules over what was read and does no reading of its own. Every
// conclusion is an [Item] with its reasons, a confidence and whether it is
// selected; reasons are a [Code] each with values, for whoever shows them to put
// into the words of a language; the proposed catalog is made of the selected ones.
// Names are understood in English, Portuguese and Spanish; where names say
// nothing, the shape of a table does.
package discover
