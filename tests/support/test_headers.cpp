// The program whose precompiled header the tests reuse that see torch (tests/CMakeLists.txt).

int main() {
    return 0;
}
