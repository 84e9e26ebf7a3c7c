/** Files that come with the examples. */
@NullMarked
package org.peft4j.examples.bundled;

import org.jspecify.annotations.NullMarked;
