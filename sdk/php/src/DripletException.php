<?php

declare(strict_types=1);

namespace Driplet;

/**
 * Whatever this library throws: Refused (the server said no), Unreachable (no
 * server answered) or Misuse (the call itself is wrong).
 */
abstract class DripletException extends Exception\DripletException
{
}
