#include "ui/theme/line_style.h"

#include "ui/theme/icons.h"

namespace diapason::ui {
namespace {

struct Own {
    QStyle::StandardPixmap picture;
    const char* name;
    Role role;
};
constexpr Own owned[] = {{QStyle::SP_MessageBoxQuestion, "question", Role::accent},
                         {QStyle::SP_MessageBoxInformation, "info", Role::accent},
                         {QStyle::SP_MessageBoxWarning, "warn", Role::warning},
                         {QStyle::SP_MessageBoxCritical, "warn", Role::error},
                         {QStyle::SP_LineEditClearButton, "cross", Role::secondary},
                         {QStyle::SP_FileDialogNewFolder, "plus", Role::text},
                         {QStyle::SP_FileDialogBack, "undo", Role::text},
                         {QStyle::SP_FileDialogContentsView, "search", Role::text},
                         {QStyle::SP_FileDialogListView, "bars", Role::text},
                         {QStyle::SP_FileDialogDetailedView, "layers", Role::text}};

} // namespace

LineStyle::LineStyle() : QProxyStyle(QStringLiteral("Fusion")) {}

QIcon LineStyle::standardIcon(StandardPixmap picture, const QStyleOption* option, const QWidget* widget) const {
    for (const Own& own : owned) {
        if (own.picture == picture) return icon(QLatin1String(own.name), own.role);
    }
    return QProxyStyle::standardIcon(picture, option, widget);
}

int LineStyle::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                         QStyleHintReturn* result) const {
    if (hint == SH_DialogButtonBox_ButtonsHaveIcons) return 0;
    return QProxyStyle::styleHint(hint, option, widget, result);
}

} // namespace diapason::ui
