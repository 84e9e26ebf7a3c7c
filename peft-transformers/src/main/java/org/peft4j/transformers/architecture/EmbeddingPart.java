package org.peft4j.transformers.architecture;

import java.util.OptionalInt;
import org.peft4j.site.Site;

/**
 * A table of vectors.
 *
 * @param site its name, shape and role
 * @param offset what is added to an index before the look-up: OPT's positions begin at row 2
 * @param padding the row that is zero in a new model
 * @param deviation the standard deviation of a new table
 */
public record EmbeddingPart(Site site, int offset, OptionalInt padding, double deviation) {}
