/**
 * The architecture of a model as data: which parts it is made of, and where each one's weights are
 * in a checkpoint. Sites, graphs, plans, checkpoints and random weights all follow from it.
 */
@NullMarked
package org.peft4j.transformers.architecture;

import org.jspecify.annotations.NullMarked;
