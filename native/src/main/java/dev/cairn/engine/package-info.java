/**
 * The service interface of Cairn's checkpoint engines: start a step, checkpoint it, go on from an image.
 *
 * <p>Interfaces and records only; implementations live in packages below and are named by the composition root.
 */
@NullMarked
package dev.cairn.engine;

import org.jspecify.annotations.NullMarked;
