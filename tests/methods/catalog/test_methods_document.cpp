// docs/METHODS.md says what the descriptors say.

#include "core/base/json.h"
#include "core/library/library.h"
#include "methods/catalog/method_info.h"
#include "methods/catalog/methods_document.h"
#include "methods/picture/block_picture.h"
#include "tests/support/places.h"

#include <QtTest>

#include <algorithm>
#include <filesystem>

using namespace diapason;
using namespace diapason::testing;

class TestMethodsDocument : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void documentIsCurrent() {
        const std::string stored = read_file(source_folder() / "docs/METHODS.md", 1u << 20);
        QVERIFY2(stored == methods_document(),
                 "docs/METHODS.md is out of date: diapason-cli methods --markdown > docs/METHODS.md");
    }

    void picturesAreCurrent() {
        const BackboneConfig config = read_backbone_config(resolve_backbone(pictured_backbone));
        for (const MethodInfo& method : method_catalog()) {
            const std::filesystem::path file = source_folder() / "docs/images/methods" / (method.id + ".svg");
            QVERIFY2(std::filesystem::exists(file) && read_file(file, 1u << 20) == method_svg(method, config),
                     (file.string() + " is out of date: diapason-cli methods --pictures docs/images/methods").c_str());
        }
    }

    // A method's deltas are in its picture: it differs from the backbone's alone, and each glyph has the method's ink.
    void everyMethodIsDrawn() {
        const BackboneConfig config = read_backbone_config(resolve_backbone(pictured_backbone));
        for (const MethodInfo& method : method_catalog()) {
            std::vector<Problem> problems;
            const auto options = OptionValues::from_json(method.options, Json::object(), method.id, problems);
            const auto deltas = method.drawing(config, options);
            if (deltas.empty()) continue; // nothing is trained
            const Picture picture = block_picture(config, {{method.label, 1, deltas, false}});
            const auto inked = std::count_if(picture.shapes.begin(), picture.shapes.end(), [](const PictureShape& s) {
                return s.method == 0 && (s.stroke == Ink::method || s.fill == Ink::method);
            });
            QVERIFY2(inked >= static_cast<std::ptrdiff_t>(deltas.size()), method.id.c_str());
        }
    }

    void descriptorsAreComplete() {
        for (const MethodInfo& method : method_catalog()) {
            QVERIFY(!method.id.empty() && !method.label.empty() && !method.formula.empty() && !method.summary.empty());
            QVERIFY(method.count && method.drawing && method.refusal);
            for (const OptionDescriptor& option : method.options) {
                const std::string where = method.id + "." + option.name;
                QVERIFY2(!option.label.empty() && !option.help.empty(), where.c_str());
                QVERIFY2(check_option(option, option.default_value).empty(), where.c_str());
                const auto governs = [&](const OptionDescriptor& other) {
                    const auto possible = [&](const std::string& value) {
                        return other.type != OptionType::choice || check_option(other, Json(value)).empty();
                    };
                    return other.name == option.only_when_name &&
                           std::all_of(option.only_when_values.begin(), option.only_when_values.end(), possible);
                };
                QVERIFY2(option.only_when_name.empty() ||
                             std::any_of(method.options.begin(), method.options.end(), governs),
                         where.c_str());
            }
        }
    }
};

DIAPASON_TEST(TestMethodsDocument)
#include "tests/support/places.h"

#include "test_methods_document.moc"
