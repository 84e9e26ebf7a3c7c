/** What a config would do to a model: the answers that planning gives. */
@NullMarked
package org.peft4j.plan;

import org.jspecify.annotations.NullMarked;
