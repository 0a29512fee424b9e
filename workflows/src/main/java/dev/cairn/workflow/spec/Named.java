package dev.cairn.workflow.spec;

import dev.cairn.workflow.problem.Place;

/** A name that another part of the file must also use. */
public record Named(String text, Place place) {}
