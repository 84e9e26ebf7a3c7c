/** What methods ask of a model. */
@NullMarked
package org.peft4j.method;

import org.jspecify.annotations.NullMarked;
