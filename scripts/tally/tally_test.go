package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTally(t *testing.T) {
	tests := []struct {
		name string
		in   []string
		want string
		good bool
	}{
		{
			name: "passed tests say nothing but their package's line",
			in: []string{
				`{"Action":"run","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"noise\n"}`,
				`{"Action":"pass","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Output":"PASS\n"}`,
				`{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}`,
				`{"Action":"pass","Package":"p"}`,
			},
			want: "ok  \tp\t0.1s\n1 passed, 0 failed, 0 skipped\n",
			good: true,
		},
		{
			name: "a failed test shows its output and the seed",
			in: []string{
				`{"Action":"output","Package":"p","Output":"-test.shuffle 7\n"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: got 1, want 2\n"}`,
				`{"Action":"fail","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			want: "    a_test.go:1: got 1, want 2\nFAIL\tp\t0.1s\n-test.shuffle 7\n0 passed, 1 failed, 0 skipped\n",
		},
		{
			name: "a package that does not compile is a failure",
			in: []string{
				`{"ImportPath":"p","Action":"build-output","Output":"p.go:1: syntax error\n"}`,
				`{"ImportPath":"p","Action":"build-fail"}`,
				`{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}`,
				`{"Action":"fail","Package":"p","FailedBuild":"p"}`,
				`{"Action":"pass","Package":"q","Test":"TestB"}`,
			},
			want: "p.go:1: syntax error\nFAIL\tp [build failed]\n1 passed, 1 failed, 0 skipped\n",
		},
		{
			name: "skipped tests are named with their reason",
			in: []string{
				`{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:9: jq is not installed: see README\n"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"--- SKIP: TestA (0.00s)\n"}`,
				`{"Action":"skip","Package":"p","Test":"TestA"}`,
				`{"Action":"skip","Package":"p","Test":"TestB"}`,
				`{"Action":"pass","Package":"p","Test":"TestC"}`,
				`{"Action":"output","Package":"q","Output":"?   \tq\t[no test files]\n"}`,
				`{"Action":"skip","Package":"q"}`,
			},
			want: "?   \tq\t[no test files]\nskipped, with the reason that each test gave:\n" +
				"  TestA (p): jq is not installed: see README\n  TestB (p): no reason given\n1 passed, 0 failed, 2 skipped\n",
			good: true,
		},
		{
			name: "what is no event is passed on",
			in:   []string{"go: no such module", `{"some":"json"}`},
			want: "go: no such module\n{\"some\":\"json\"}\n0 passed, 0 failed, 0 skipped\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			counts := newTally(&out)
			if err := counts.read(strings.NewReader(strings.Join(tt.in, "\n"))); err != nil {
				t.Fatal(err)
			}
			counts.summary()
			if diff := cmp.Diff(tt.want, out.String()); diff != "" {
				t.Errorf("report (-want +got):\n%s", diff)
			}
			if got := counts.good(); got != tt.good {
				t.Errorf("good() = %v, want %v", got, tt.good)
			}
		})
	}
}
