// Package cmdflags has the groups of flags that several commands share. A group adds
// its flags, checks them, and converts them to options of the engine.
package cmdflags
