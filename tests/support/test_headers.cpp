// Programs whose precompiled headers tests reuse (tests/CMakeLists.txt).

int main() {
    return 0;
}
