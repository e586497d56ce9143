// The golden cases of the clone are those of the complete collection, byte for byte, where that is at hand.

#include "tests/support/test_support.h"

#include <algorithm>
#include <set>

using namespace diapason;
using namespace diapason::testing;

namespace {

std::string bytes(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::set<std::string> lines_of(const std::filesystem::path& file) {
    std::set<std::string> lines;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);)
        lines.insert(line);
    return lines;
}

std::set<std::filesystem::path> files_below(const std::filesystem::path& folder) {
    std::set<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files.insert(std::filesystem::relative(entry.path(), folder));
    return files;
}

} // namespace

class TestCopies : public QObject {
    Q_OBJECT

    std::filesystem::path m_shared;

private Q_SLOTS:
    void initTestCase() {
        DIAPASON_NEEDS(shared, "fixtures");
        m_shared = *shared;
    }

    void theCopiesAreCurrent_data() {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<bool>("whole");
        QTest::newRow("parity") << "parity" << true;
        QTest::newRow("generate") << "generate" << true;
        QTest::newRow("metric") << "metric" << false;
        QTest::newRow("tokenize") << "tokenize" << false; // some lines of each list of cases
        QTest::newRow("chat") << "chat" << false;
    }
    void theCopiesAreCurrent() {
        QFETCH(QString, folder);
        QFETCH(bool, whole);
        const auto there = m_shared / folder.toStdString(), here = fixtures() / folder.toStdString();
        const auto copied = files_below(here);
        QVERIFY(!copied.empty());
        for (const auto& file : whole ? files_below(there) : copied) {
            QVERIFY2(std::filesystem::exists(there / file) && std::filesystem::exists(here / file), file.c_str());
            if (whole || file.filename() != "cases.jsonl") {
                QVERIFY2(bytes(there / file) == bytes(here / file), file.c_str());
                continue;
            }
            const auto all = lines_of(there / file), some = lines_of(here / file);
            QVERIFY2(!some.empty() && std::includes(all.begin(), all.end(), some.begin(), some.end()), file.c_str());
        }
    }
};

DIAPASON_TEST(TestCopies)
#include "test_copies.moc"
