// Methods say everything about themselves: no source above methods/ spells a method or reads one of its options by
// name.

#include "methods/catalog/method_info.h"
#include "tests/support/test_support.h"

#include <QtTest>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

using namespace diapason;
using namespace diapason::testing;

namespace {

std::string alternatives(const std::set<std::string>& names) {
    std::string list;
    for (const std::string& name : names)
        list += (list.empty() ? "" : "|") + name;
    return list;
}

/// Finds lines that name a method, or an option of one in the values of a method's options.
class Finder {
public:
    Finder() {
        std::set<std::string> methods, options;
        for (const MethodInfo& info : method_catalog()) {
            methods.insert(info.id);
            for (const OptionDescriptor& option : info.options)
                options.insert(option.name);
        }
        m_method = std::regex("\"(" + alternatives(methods) + ")\"");
        // options.text("rank"), m_options.json().value("rank", 8), method_options["rank"]
        m_option =
            std::regex("options(\\(\\))?(\\.json\\(\\))?(\\.|->)(integer|real|flag|text|value|contains|at|find)\\(\"(" +
                       alternatives(options) + ")\"|options(\\(\\))?\\[\"(" + alternatives(options) + ")\"\\]");
        m_training = std::regex("training_options(\\(\\))?[.\\[]");
    }
    bool names_one(std::string line) const {
        line = line.substr(0, line.find("//"));
        if (line.find('"') == std::string::npos) return false;
        if (std::regex_search(line, m_method)) return true;
        return std::regex_search(line, m_option) && !std::regex_search(line, m_training);
    }

private:
    std::regex m_method, m_option, m_training;
};

} // namespace

class TestMethodNames : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theSearchFindsThem_data() {
        QTest::addColumn<QString>("line");
        QTest::addColumn<bool>("found");
        QTest::newRow("a method") << "if (spec.method == \"in_context\") return 0;" << true;
        QTest::newRow("an option in JSON") << "spec.method_options.value(\"length\", 0.0);" << true;
        QTest::newRow("an option's value") << "m_options.json().value(\"ensemble\", \"vote\") == \"mean\"" << true;
        QTest::newRow("a checked option") << "own.count = options.integer(\"demonstrations\");" << true;
        QTest::newRow("an index") << "arm.spec.method_options[\"rank\"] = 8;" << true;
        QTest::newRow("a comment") << "// levels: \"prompt_tuning\" with options.text(\"init\")" << false;
        QTest::newRow("a training option") << "spec.training_options.value(\"dropout\", 0.0)" << false;
        QTest::newRow("another document") << "fields.text(\"question\", false)" << false;
    }
    void theSearchFindsThem() {
        QFETCH(QString, line);
        QFETCH(bool, found);
        QCOMPARE(Finder().names_one(line.toStdString()), found);
    }

    void nobodyAboveNamesOne() {
        const Finder finder;
        std::size_t files = 0;
        for (const char* layer : {"experiments", "ui", "app"}) {
            for (const auto& item : std::filesystem::recursive_directory_iterator(source_folder() / layer)) {
                const std::string ending = item.path().extension().string();
                if (ending != ".h" && ending != ".cpp") continue;
                ++files;
                std::ifstream source(item.path());
                int number = 0;
                for (std::string line; std::getline(source, line);) {
                    ++number;
                    QVERIFY2(!finder.names_one(line),
                             (item.path().string() + ":" + std::to_string(number) + ": " + line).c_str());
                }
            }
        }
        QVERIFY(files > 100);
    }
};

DIAPASON_TEST(TestMethodNames)
#include "test_method_names.moc"
