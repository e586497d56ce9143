// docs/METHODS.md says what the descriptors say.

#include "core/base/json.h"
#include "methods/catalog/method_info.h"
#include "methods/catalog/methods_document.h"

#include <QtTest>

using namespace diapason;

class TestMethodsDocument : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void documentIsCurrent() {
        const std::string stored = read_file(DIAPASON_SOURCE_DIR "/docs/METHODS.md", 1u << 20);
        QVERIFY2(stored == methods_document(),
                 "docs/METHODS.md is out of date: diapason-cli methods --markdown > docs/METHODS.md");
    }

    void descriptorsAreComplete() {
        for (const MethodInfo& method : method_catalog()) {
            QVERIFY(!method.id.empty() && !method.label.empty() && !method.formula.empty() && !method.summary.empty());
            QVERIFY(method.count && method.caption && method.drawing && method.refusal);
            for (const OptionDescriptor& option : method.options) {
                const std::string where = method.id + "." + option.name;
                QVERIFY2(!option.label.empty() && !option.help.empty(), where.c_str());
                QVERIFY2(check_option(option, option.default_value).empty(), where.c_str());
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestMethodsDocument)
#include "test_methods_document.moc"
