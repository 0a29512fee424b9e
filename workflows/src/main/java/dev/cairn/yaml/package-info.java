/**
 * YAML 1.2 as a tree whose every node knows where it stands.
 */
@NullMarked
package dev.cairn.yaml;

import org.jspecify.annotations.NullMarked;
