<?php

declare(strict_types=1);

namespace Driplet\Tests\Unit;

use PHPUnit\Framework\TestCase;

/** What a static analyser would say first; Debian has none. */
final class SourcesTest extends TestCase
{
    /**
     * Loading a class lets PHP check it against its parents and interfaces.
     *
     * @dataProvider files
     */
    public function testHoldsOneStrictClassOfItsName(string $file): void
    {
        $source = (string) file_get_contents(dirname(__DIR__, 2) . '/src/' . $file);
        self::assertStringStartsWith("<?php\n\ndeclare(strict_types=1);\n\nnamespace Driplet", $source);
        self::assertLessThan(400, substr_count($source, "\n"));
        /** @var class-string $class */
        $class = 'Driplet\\' . strtr(substr($file, 0, -4), '/', '\\');
        self::assertTrue(class_exists($class) || interface_exists($class), "{$file} does not hold {$class}");
        $reflection = new \ReflectionClass($class);
        self::assertIsString($reflection->getDocComment() ?: (str_contains($file, 'Exception') ? '' : false), "{$class} has no comment");
        foreach ($reflection->getMethods() as $method) {
            if ($method->getDeclaringClass()->getName() !== $class) {
                continue;
            }
            self::assertTrue($method->isConstructor() || $method->isDestructor() || $method->hasReturnType(), "{$class}::{$method->getName()}() has no return type");
            foreach ($method->getParameters() as $parameter) {
                self::assertTrue($parameter->hasType(), "{$class}::{$method->getName()}(\${$parameter->getName()}) has no type");
                if (preg_match('/secret/i', $parameter->getName()) === 1 && (string) $parameter->getType() === 'string') {
                    self::assertNotSame([], $parameter->getAttributes(\SensitiveParameter::class), "{$class}::{$method->getName()}(\${$parameter->getName()}) would show in stack traces");
                }
            }
        }
    }

    public static function files(): iterable
    {
        $root = dirname(__DIR__, 2) . '/src/';
        foreach (new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator($root, \FilesystemIterator::SKIP_DOTS)) as $file) {
            $name = substr((string) $file, strlen($root));
            yield $name => [$name];
        }
    }
}
