// Package cmdflags has the groups of flags that several commands take. Each group
// adds its flags, checks them, and converts them to what the engine takes.
package cmdflags
