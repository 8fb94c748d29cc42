//go:build !linux

package tasks

// memoryForFiles returns "": there is no directory here of which is known that its files are kept in memory.
func memoryForFiles() string { return "" }
