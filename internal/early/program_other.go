//go:build !linux

package early

func mapProgram() {}
