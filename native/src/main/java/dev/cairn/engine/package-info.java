/**
 * The interface of checkpoint engines: start a step, checkpoint it, resume it from an image.
 *
 * <p>Interfaces and records only; implementations live in packages below and are chosen by the composition root.
 */
@NullMarked
package dev.cairn.engine;

import org.jspecify.annotations.NullMarked;
