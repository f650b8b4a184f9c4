// Bench runs a command and prints its time and memory as JSON, for the benchmarks
// of the folder above. The kernel counts the memory of the process that forks
// into the maximum of the child, so a small program must do it.
//
//	bench COMMAND [ARGUMENT]...
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"
)

func main() {
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stderr = os.Stderr
	start := time.Now()
	err := cmd.Run()
	took := time.Since(start)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]int64{"wall": int64(took), "maxRSS": maxRSS(cmd.ProcessState)}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
