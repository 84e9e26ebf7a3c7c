/** Arrays that end with a block of code, and arrays that outlive the workspace they are made in. */
@NullMarked
package org.peft4j.memory;

import org.jspecify.annotations.NullMarked;
