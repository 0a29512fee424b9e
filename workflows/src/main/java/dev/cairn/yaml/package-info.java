/** YAML 1.2 as a tree in which every node has its position. */
@NullMarked
package dev.cairn.yaml;

import org.jspecify.annotations.NullMarked;
