// The combo box of every page: nothing that it shows is cut without a sign.
#pragma once

#include <QComboBox>

namespace diapason::ui {

/// Closed: a text that does not fit has an ellipsis, and its whole in the tool tip. Open: as wide and as high as its
/// entries, where the screen allows it.
class ComboBox : public QComboBox {
    Q_OBJECT
public:
    explicit ComboBox(QWidget* parent = nullptr);
    void showPopup() override;

protected:
    void initStyleOption(QStyleOptionComboBox* option) const override;
    bool event(QEvent* event) override;

private:
    QString shown(const QStyleOptionComboBox& option) const; ///< what fits of the current text
};

} // namespace diapason::ui
