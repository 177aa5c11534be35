<?php

declare(strict_types=1);

namespace Driplet\Exception;

/**
 * The old library's exception, and the parent of every exception here, so that
 * code which catches the old name keeps catching everything. New code catches
 * \Driplet\DripletException.
 */
class DripletException extends \Exception
{
}
