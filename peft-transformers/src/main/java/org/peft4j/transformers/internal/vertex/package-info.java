/** What vertices of graphs that have no parameters are alike in. */
@NullMarked
package org.peft4j.transformers.internal.vertex;

import org.jspecify.annotations.NullMarked;
