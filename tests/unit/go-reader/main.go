// Command go-reader reads YAML documents, each ended by a NUL byte, from standard input and writes each
// as one line of JSON, as Kubernetes' own readers see it.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"

	"sigs.k8s.io/yaml"
)

func main() {
	input, err := io.ReadAll(bufio.NewReader(os.Stdin))
	if err != nil {
		fail(err)
	}
	output := bufio.NewWriter(os.Stdout)
	defer output.Flush()
	for _, document := range bytes.Split(bytes.TrimSuffix(input, []byte{0}), []byte{0}) {
		text, err := yaml.YAMLToJSONStrict(document)
		if err != nil {
			fail(fmt.Errorf("%w in\n%s", err, document))
		}
		fmt.Fprintf(output, "%s\n", text)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
