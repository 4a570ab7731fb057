package images_test

import (
	"fmt"

	"github.com/inkling-sec/inkling/images"
)

// Tasks of 2 ways and 1 shot from a set that is drawn here: bars and their quarter turns.
func ExampleSet_Source() {
	bar := func(column int) (pixels []uint8) {
		for range 4 { // four images, 3 x 3, with a bar down one column
			image := make([]uint8, 9)
			for y := range 3 {
				image[y*3+column] = 255
			}
			pixels = append(pixels, image...)
		}
		return pixels
	}
	set := &images.Set{Height: 3, Width: 3, Channels: 1, Turns: images.OneOfFour, Classes: []images.Class{
		{Name: "bar/left", Pixels: bar(0)},
		{Name: "bar/middle", Pixels: bar(1)},
	}}
	source, err := set.Source(images.Episodes{Ways: 2, Shots: 1, Queries: 3, Seed: 4})
	if err != nil {
		fmt.Println(err)
		return
	}
	task := source(0)
	fmt.Println("to learn from:", task.Support.X.Shape, "to judge:", task.Query.X.Shape)
	for way, c := range task.Classes {
		fmt.Println(set.Name(c), task.Support.X.Row(way))
	}

	_, err = set.Source(images.Episodes{Ways: 2, Shots: 1, Queries: 15})
	fmt.Println(err)
	// Output:
	// to learn from: [2 9] to judge: [6 9]
	// bar/middle/rot270 [0 0 0 1 1 1 0 0 0]
	// bar/left/rot180 [0 0 1 0 0 1 0 0 1]
	// class bar/left: 4 images, but 1 to learn from and 15 to judge are asked for (ask for fewer shots or queries, or leave the class out)
}
