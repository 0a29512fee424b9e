/** The API under {@code /api/v1}, and its OpenAPI document. */
@NullMarked
package dev.cairn.http.internal.api;

import org.jspecify.annotations.NullMarked;
